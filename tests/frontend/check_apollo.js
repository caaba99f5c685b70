import assert from "node:assert/strict";
const warned = [];
for (const name of ["warn", "error"]) console[name] = (...words) => warned.push(words.join(" "));
const { filter, firstValueFrom, Subject } = await import("rxjs");
const { gql } = await import("@apollo/client");
const { client, cache } = await import("./apollo.js");
const { retire } = await import("./optimistic.js");
const { watchAssets } = await import("./pages.js");
const { codes } = await import("./errors.js");

const LIST = gql`query ($after: String) {
  assets(first: 40, after: $after, filter: {source: {eq: "tether"}, status: {eq: MAINTENANCE}}, orderBy: [{field: NAME}]) {
    totalCount complete sources { complete error { kind } source { id name } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    edges { cursor node { id name status customFields { id name value } } } } }`;
const FIWIT = gql`{ assets(first: 30, filter: {source: {eq: "fiwit"}}) {
    pageInfo { hasNextPage endCursor } edges { cursor node { id customFields { id name displayValue } } } } }`;
const ONE = gql`query ($id: ID!) { asset(id: $id) { id name status } }`;

const { data } = await client.query({ query: LIST });
const [edge] = data.assets.edges;
assert.equal(edge.node.status, "MAINTENANCE");

// Pages: the second one is added to the first.
const pages = new Subject();
const assets = watchAssets(client, (page) => pages.next(page));
const loaded = (count) => firstValueFrom(pages.pipe(filter((page) => page?.edges.length === count)));
await loaded(20);
const second = loaded(40);
await assets.more();
const { edges } = await second;
assert.equal(new Set(edges.map(({ node }) => node.id)).size, 40);
assets.stop();

// Errors have codes, whoever refuses.
const ask = async (id, context) => (await client.query({ query: ONE, variables: { id }, context })).error;
assert.deepEqual(codes(await ask("nonsense")), ["BAD_USER_INPUT"]);
assert.deepEqual(codes(await ask("halo:Asset:99999999")), []);
assert.deepEqual(codes(await ask("halo:Asset:1", { headers: { authorization: "Bearer nobody" } })), ["HTTP 401"]);

// Custom fields stay with their record.
const { data: fiwit } = await client.query({ query: FIWIT });
const fresh = await client.query({ query: FIWIT, fetchPolicy: "network-only" });
const cached = client.readQuery({ query: FIWIT });
assert.deepEqual(cached, fresh.data);
const values = cached.assets.edges.map(({ node }) => JSON.stringify(node.customFields));
assert.ok(new Set(values).size > 1);

// One record by its id, out of the cache: without a request.
const cachedOne = client.readQuery({ query: ONE, variables: { id: edge.node.id } });
assert.equal(cachedOne.asset.name, edge.node.name);

// An optimistic update: seen at once, and what the server says after that.
const read = () => client.readQuery({ query: ONE, variables: { id: edge.node.id } }, true).asset.status;
const done = retire(client, edge.node.id);
assert.equal(read(), "RETIRED");
const result = await done;
assert.deepEqual(result.data.updateAsset.userErrors, []);
assert.equal(read(), "RETIRED");
// A refused one is taken back.
const [halo] = (await client.query({ query: gql`{ assets(first: 1, filter: {source: {eq: "fiwit"}}) {
  pageInfo { endCursor hasNextPage } edges { cursor node { id name status } } } }` })).data.assets.edges;
const refused = await retire(client, halo.node.id);
assert.equal(refused.data.updateAsset.userErrors[0].kind, "INVALID");
assert.equal(client.readQuery({ query: ONE, variables: { id: halo.node.id } }).asset.status, halo.node.status);
assert.deepEqual(warned, []);
client.stop();
