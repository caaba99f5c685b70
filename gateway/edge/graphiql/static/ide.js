// Starts GraphiQL with what the page's settings say: {endpoint, tabs: [{query, variables, headers}]}.
"use strict";

const settings = JSON.parse(document.getElementById("settings").textContent);
const h = React.createElement;

// The tabs as they were left here, or for a browser that was never here the examples.
const kept = JSON.parse(localStorage.getItem("graphiql:tabState"));
const active = kept ? kept.tabs[kept.activeTabIndex] : settings.tabs[0];

ReactDOM.createRoot(document.getElementById("ide")).render(
  h(
    GraphiQL,
    {
      // GraphiQL 3 shows a default tab without its variables and headers, and opens a tab too many when it comes back:
      // neither happens where it is told what its active tab holds.
      query: active?.query ?? "",
      variables: active?.variables ?? "",
      headers: active?.headers ?? "",
      defaultTabs: settings.tabs.length ? settings.tabs : undefined,
      fetcher: GraphiQL.createFetcher({ url: settings.endpoint }),
      plugins: [GraphiQLPluginExplorer.explorerPlugin()],
      inputValueDeprecation: true,
    },
    h(GraphiQL.Logo, null, "Asset Gateway"),
  ),
);
