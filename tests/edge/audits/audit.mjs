// Runs the audits of graphql-http on a server. Argument: its address. Prints a line of JSON: [{id, name, status, reason}].
import { createRequire } from 'node:module';

const require = createRequire(process.cwd() + '/');
const { auditServer } = require('graphql-http');
const results = await auditServer({ url: process.argv[2], fetchFn: fetch });
console.log(JSON.stringify(results.map(({ id, name, status, reason }) => ({ id, name, status, reason }))));
