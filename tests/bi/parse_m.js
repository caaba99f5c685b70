// Reads M expressions, as a JSON list of texts, from standard input, and fails at the first that is none.
const { DefaultSettings, TaskUtils } = require("@microsoft/powerquery-parser");

async function main() {
    const texts = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
    for (const text of texts) {
        const task = await TaskUtils.tryLexParse(DefaultSettings, text);
        if (!TaskUtils.isParseStageOk(task)) throw new Error(`${text}\n${task.error?.message ?? task.resultKind}`);
    }
    console.log(texts.length);
}

main().catch((error) => {
    console.error(error.message);
    process.exit(1);
});
