// Composes subgraphs with three composers. Arguments: a file for the supergraph, then NAME=URL=FILE of each subgraph.
// Prints one line of JSON: the errors of each composer by its name.
import { createRequire } from 'node:module';
import { readFileSync, writeFileSync } from 'node:fs';

const require = createRequire(process.cwd() + '/');
const { parse } = require('graphql');
const [supergraph, ...subgraphs] = process.argv.slice(2);
const parsed = () =>
  subgraphs.map((argument) => {
    const [name, url, file] = argument.split('=');
    return { name, url, typeDefs: parse(readFileSync(file, 'utf8')) };
  });

const composers = {
  '@apollo/composition': () => {
    const { errors, supergraphSdl } = require('@apollo/composition').composeServices(parsed());
    if (supergraphSdl) writeFileSync(supergraph, supergraphSdl);
    return errors;
  },
  '@theguild/federation-composition': () =>
    require('@theguild/federation-composition').composeServices(parsed()).errors,
  '@wundergraph/composition': () => {
    const { federateSubgraphs, LATEST_ROUTER_COMPATIBILITY_VERSION } = require('@wundergraph/composition');
    return federateSubgraphs({
      subgraphs: parsed().map(({ name, url, typeDefs }) => ({ name, url, definitions: typeDefs })),
      version: LATEST_ROUTER_COMPATIBILITY_VERSION,
    }).errors;
  },
};

const errors = {};
for (const [name, compose] of Object.entries(composers)) {
  errors[name] = (compose() ?? []).map((error) => error.message);
}
console.log(JSON.stringify(errors));
