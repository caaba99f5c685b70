import assert from "node:assert/strict";
const warned = [];
for (const name of ["warn", "error"]) console[name] = (...words) => warned.push(words.join(" "));
const { client } = await import("./urql.js");
const query = `query ($after: String) {
  assets(first: 40, after: $after, orderBy: [{field: NAME}]) {
    totalCount complete pageInfo { hasNextPage endCursor }
    sources { complete count totalCount source { id name health { state } } error { kind } }
    edges { cursor node { id name status warranty { status endDate } support { status }
      customFields { id name value } location { id name } assignedTo { id name } source { id name }
      tickets(first: 2) { edges { node { id subject } } pageInfo { endCursor hasNextPage } }
      checkoutHistory { action at } checklists { id items { id name } } } } }
  assetCounts(by: [STATUS]) { total buckets { values labels count } sources { source { id } count } }
  unifiedAssets(first: 3) { nodes { id name conflicts { field values { source { id } value } } possibleMatches { reasons asset { id } } }
    pageInfo { endCursor hasNextPage } } }`;
const first = await client.query(query, {}).toPromise();
assert.equal(first.error, undefined, String(first.error));
const after = first.data.assets.pageInfo.endCursor;
const second = await client.query(query, { after }).toPromise();
assert.equal(second.error, undefined, String(second.error));
assert.equal(second.data.assets.edges.length, 80);
const again = await client.query(query, {}).toPromise();
assert.equal(again.data.assets.edges.length, 80);
assert.deepEqual(warned, []);
