// The subscription assetChanged in graphql-ws, urql and Apollo Client, over a WebSocket and over HTTP.
import assert from "node:assert/strict";
import { ApolloClient, gql, HttpLink, InMemoryCache } from "@apollo/client";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { Client, fetchExchange, subscriptionExchange } from "@urql/core";
import { createClient } from "graphql-ws";
import WebSocket from "ws";

const address = process.argv[2];
const url = `${address}/graphql`;
const query = "subscription { assetChanged { kind id asset { id name } fields { name old new } source { id name } } }";
const ws = () => createClient({ url: url.replace("http", "ws"), webSocketImpl: WebSocket });
const changes = {};
const heard = (client) => (result) => {
  assert.equal(result.error ?? result.errors, undefined, `${client}: ${JSON.stringify(result)}`);
  (changes[client] ??= []).push(result.data.assetChanged);
};
const failed = (client) => (error) => assert.fail(`${client}: ${error}`);

const first = ws();
first.subscribe({ query }, { next: heard("graphql-ws"), error: failed("graphql-ws"), complete() {} });

const second = ws();
const forwarded = (request) => ({
  subscribe: (sink) => ({
    unsubscribe: second.subscribe({ query: request.query ?? "", variables: request.variables }, sink),
  }),
});
const exchanges = [fetchExchange, subscriptionExchange({ forwardSubscription: forwarded })];
new Client({ url, exchanges }).subscription(query, {}).subscribe(heard("urql"));
new Client({
  url, exchanges: [fetchExchange], fetchSubscriptions: true, fetchOptions: {},
}).subscription(query, {}).subscribe(heard("urql over HTTP"));

const third = ws();
const links = { "Apollo Client": new GraphQLWsLink(third), "Apollo Client over HTTP": new HttpLink({ uri: url }) };
for (const [name, link] of Object.entries(links))
  new ApolloClient({ link, cache: new InMemoryCache() })
    .subscribe({ query: gql(query) })
    .subscribe({ next: heard(name), error: failed(name) });

const clients = ["graphql-ws", "urql", "urql over HTTP", ...Object.keys(links)];
const create = `mutation($name: String!) {
  createAsset(input: {source: "fiwit", name: $name}) { asset { id } userErrors { message } } }`;
// What is written before a client's first state is known is not told to it.
for (let number = 0; number < 60 && clients.some((name) => !changes[name]); number++) {
  const body = JSON.stringify({ query: create, variables: { name: `new ${number}` } });
  const headers = { "content-type": "application/json", "x-gateway-cost": "1" };
  const answer = await (await fetch(url, { method: "POST", headers, body })).json();
  assert.equal(answer.extensions.cost.sources.fiwit.calls, answer.extensions.cost.calls);
  await new Promise((resolve) => setTimeout(resolve, 500));
}
for (const name of clients) {
  assert.ok(changes[name], `${name} has heard of no change`);
  assert.equal(changes[name][0].kind, "CREATED");
  assert.match(changes[name][0].asset.name, /^new /);
}
process.exit(0);
