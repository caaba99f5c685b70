// What `@odata/client` reads of a service, as JSON: `node odata_client.js URL all SET...`, or `URL chosen`.
const { OData } = require("@odata/client");

const [serviceEndpoint, kind, ...sets] = process.argv.slice(2);
const client = OData.New4({ serviceEndpoint });

async function all(name) {
  const page = 300;
  const rows = [];
  for (;;) {
    const read = await client.getEntitySet(name).query(client.newParam().skip(rows.length).top(page));
    rows.push(...read);
    if (read.length < page) return rows;
  }
}

async function chosen() {
  const assets = client.getEntitySet("assets");
  const inUse = client.newFilter().property("status").eq("IN_USE");
  const params = client.newParam().filter(inUse).orderby("id", "asc").select(["id", "name"]).expand("location");
  const page = await assets.query(params.skip(10).top(5));
  const [first] = await assets.query(client.newParam().filter(inUse).orderby("id", "asc").top(1));
  return { count: await assets.count(inUse), page, single: await assets.retrieve(first.id) };
}

async function main() {
  if (kind === "chosen") return chosen();
  const rows = {};
  for (const name of sets) rows[name] = await all(name);
  return rows;
}

main().then((answer) => console.log(JSON.stringify(answer)), (error) => {
  console.error(error);
  process.exitCode = 1;
});
