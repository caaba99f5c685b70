// Starts GraphiQL with the page's settings: {endpoint, tabs: [{query, variables, headers}]}.
"use strict";

const settings = JSON.parse(document.getElementById("settings").textContent);
const h = React.createElement;

// The tabs as GraphiQL saved them in this browser, or the examples on the first visit.
const savedTabs = JSON.parse(localStorage.getItem("graphiql:tabState"));
const active = savedTabs ? savedTabs.tabs[savedTabs.activeTabIndex] : settings.tabs[0];

ReactDOM.createRoot(document.getElementById("ide")).render(
  h(
    GraphiQL,
    {
      // GraphiQL 3 shows a default tab without its variables and headers, and opens an extra tab on a second visit:
      // neither happens if it gets the contents of its active tab.
      query: active?.query ?? "",
      variables: active?.variables ?? "",
      headers: active?.headers ?? "",
      defaultTabs: settings.tabs.length ? settings.tabs : undefined,
      // The cost of each answer is shown beside it, in `extensions`.
      fetcher: GraphiQL.createFetcher({
        url: settings.endpoint,
        headers: { "X-Gateway-Cost": "1" },
        subscriptionUrl: new URL(settings.endpoint, location.href).href.replace(/^http/, "ws"),
      }),
      schemaDescription: true,
      plugins: [GraphiQLPluginExplorer.explorerPlugin(), costPanel(settings.endpoint)],
      inputValueDeprecation: true,
    },
    h(GraphiQL.Logo, null, "Asset Gateway"),
  ),
);
