// `@defer` in Apollo Client, with both of its handlers, and in urql: the first part is without what is slow.
import assert from "node:assert/strict";
import { ApolloClient, gql, HttpLink, InMemoryCache } from "@apollo/client";
import { GraphQL17Alpha9Handler } from "@apollo/client/incremental";
import { client as apollo } from "./apollo.js";
import { client as urql } from "./urql.js";

const url = `${process.argv[2]}/graphql`;
const query = `query Page {
  assets(first: 3, filter: {source: {eq: "halo"}}, orderBy: [{field: NAME}]) {
    __typename nodes { __typename id ...Slow @defer(label: "slow") }
  }
}
fragment Slow on Asset { __typename id name notes tickets(first: 1) { __typename nodes { __typename id subject } } }`;
const fault = `{ sources { id name }
  ... @defer { broken: assets(after: "nonsense") { nodes { id } } } }`;

const response = await fetch(url, {
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ query }),
});
const whole = (await response.json()).data;

function check(client, results) {
  assert.ok(results.length >= 2, `${client}: ${results.length} results`);
  const first = results[0].assets.nodes[0];
  assert.equal(first.notes, undefined, `${client}: the first part has what is slow`);
  assert.ok(first.id);
  assert.deepEqual(JSON.parse(JSON.stringify(results.at(-1))), whole, client);
}

const newest = new ApolloClient({
  link: new HttpLink({ uri: url }),
  cache: new InMemoryCache(),
  incrementalHandler: new GraphQL17Alpha9Handler(),
});
for (const [name, client] of Object.entries({ "Apollo Client": apollo, "its newest handler": newest })) {
  const results = [];
  await new Promise((resolve, reject) => {
    client.watchQuery({ query: gql(query), fetchPolicy: "network-only", errorPolicy: "all" }).subscribe({
      next({ data, dataState, error }) {
        if (error) reject(error);
        if (data) results.push(structuredClone(data));
        if (dataState === "complete") resolve();
      },
      error: reject,
    });
  });
  check(name, results);
  const failed = await new Promise((resolve, reject) => {
    client.watchQuery({ query: gql(fault), fetchPolicy: "no-cache", errorPolicy: "all" }).subscribe({
      next: (result) => result.error && resolve(result),
      error: reject,
    });
  });
  assert.match(failed.error.message, /cursor/i);
  assert.ok(failed.data.sources.length);
  client.stop();
}

const results = [];
await new Promise((resolve, reject) => {
  urql.query(query, {}).subscribe(({ data, error, hasNext }) => {
    if (error) reject(error);
    results.push(structuredClone(data));
    if (!hasNext) resolve();
  });
});
check("urql", results);
process.exit(0);
