// GraphiQL's panel "Cost": the calls to vendors that the operation in the editor would make, by source and level.
// Nothing is run for it: the gateway explains an operation if the header X-Gateway-Explain is 1.
"use strict";

function costPanel(endpoint) {
  const h = React.createElement;
  const DELAY = 500; // milliseconds after the last key

  const inWords = ({ least, most }) => {
    if (most === null) return least ? `${least} or more` : "any number";
    if (least === most) return String(most);
    return least ? `${least} to ${most}` : `at most ${most}`;
  };

  const sentence = (text) => `${text[0].toUpperCase()}${text.slice(1)}.`;

  async function explain(request, headers, signal) {
    const answer = await fetch(endpoint, {
      method: "POST",
      headers: { ...headers, "Content-Type": "application/json", "X-Gateway-Explain": "1" },
      body: JSON.stringify(request),
      signal,
    });
    const body = await answer.json();
    if (body.extensions?.explain) return body.extensions.explain;
    throw new Error(body.errors.map((error) => error.message).join("\n"));
  }

  // The operation in the editors: { request, headers }. Throws for variables or headers that are not JSON.
  function useOperation() {
    const { queryEditor } = GraphiQL.React.useEditorContext();
    const [query] = GraphiQL.React.useOperationsEditorState();
    const [variables] = GraphiQL.React.useVariablesEditorState();
    const [headers] = GraphiQL.React.useHeadersEditorState();
    return () => ({
      request: {
        query,
        operationName: queryEditor?.operationName ?? null,
        variables: variables.trim() ? JSON.parse(variables) : null,
      },
      headers: headers.trim() ? JSON.parse(headers) : {},
      key: [query, variables, headers].join("\0"),
    });
  }

  function Call({ call }) {
    const params = Object.entries(call.params).map(([name, value]) => `${name}=${value}`);
    return h(
      "details",
      null,
      h(
        "summary",
        null,
        h("b", null, inWords(call.calls)),
        " ",
        h("code", null, `GET ${call.path}`),
        call.deferred ? h("i", null, " deferred") : null,
      ),
      params.length ? h("p", null, h("code", null, params.join(" "))) : null,
      h("p", null, call.how),
    );
  }

  function Step({ step }) {
    const list = (title, texts) => texts.map((text) => h("p", { key: title + text }, h("i", null, title), text));
    return h(
      "section",
      null,
      h("h4", null, step.source),
      step.asks.map((call, index) => h(Call, { key: index, call })),
      list("pushed down: ", step.pushed),
      list("checked here: ", step.checked),
      list("note: ", step.notes),
    );
  }

  function Explanation({ explanation }) {
    const levels = Map.groupBy
      ? Map.groupBy(explanation.steps, (step) => step.path)
      : explanation.steps.reduce(
          (paths, step) => paths.set(step.path, [...(paths.get(step.path) ?? []), step]),
          new Map(),
        );
    return h(
      React.Fragment,
      null,
      h("p", { className: "cost-total" }, h("b", null, inWords(explanation.calls)), " calls to vendors"),
      h("p", null, sentence(explanation.verdict)),
      h(
        "table",
        null,
        h("thead", null, h("tr", null, h("th", null, "source"), h("th", null, "calls"))),
        h(
          "tbody",
          null,
          Object.entries(explanation.sources).map(([name, calls]) =>
            h("tr", { key: name }, h("td", null, name), h("td", null, inWords(calls))),
          ),
        ),
      ),
      levels.size ? null : h("p", null, "No vendor is called."),
      [...levels].map(([path, steps]) =>
        h(
          "div",
          { key: path, className: "cost-level" },
          h("h3", null, path),
          steps.map((step) => h(Step, { key: step.source + step.type, step })),
        ),
      ),
      h(
        "p",
        { className: "cost-note" },
        "On an empty cache: what is fresh there is not read again. After a run, extensions.cost has what it took.",
      ),
    );
  }

  function Content() {
    const read = useOperation();
    const [state, setState] = React.useState({});
    let operation, fault;
    try {
      operation = read();
    } catch {
      fault = "The variables or headers are not JSON.";
    }
    const key = operation?.key;
    React.useEffect(() => {
      if (!operation?.request.query.trim()) return undefined;
      const aborter = new AbortController();
      const timer = setTimeout(
        () =>
          explain(operation.request, operation.headers, aborter.signal).then(
            (explanation) => setState({ explanation }),
            (error) => aborter.signal.aborted || setState({ fault: error.message }),
          ),
        DELAY,
      );
      return () => {
        clearTimeout(timer);
        aborter.abort();
      };
    }, [key]);
    fault ??= state.fault;
    return h(
      "section",
      { className: "cost-panel", "aria-label": "Cost" },
      h("div", { className: "graphiql-doc-explorer-title" }, "Cost"),
      h("p", null, "The calls to vendors that this operation would make. Nothing is run."),
      fault ? h("p", { role: "status", className: "cost-fault" }, fault) : null,
      !fault && state.explanation ? h(Explanation, { explanation: state.explanation }) : null,
    );
  }

  function Icon() {
    const path = "M3 17h14M5 14V9M10 14V4M15 14v-3";
    return h(
      "svg",
      { viewBox: "0 0 20 20", fill: "none", stroke: "currentColor", strokeWidth: 1.8, strokeLinecap: "round" },
      h("title", null, "cost"),
      h("path", { d: path }),
    );
  }

  return { title: "Cost: calls to vendors", icon: Icon, content: Content };
}
