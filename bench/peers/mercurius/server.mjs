// Mercurius with graphql-jit: loaders for what is joined, as its documentation has it.
// node server.mjs PORT UPSTREAM CACHE(true|false)
import { readFileSync } from 'node:fs'
import fastify from 'fastify'
import mercurius from 'mercurius'
import cache from 'mercurius-cache'
import { Pool } from 'undici'

const [port, upstream, cached] = process.argv.slice(2)
const pool = new Pool(upstream, { connections: 64 })
const headers = { authorization: 'bench', accept: 'application/json' }

async function get (path) {
  const { statusCode, body } = await pool.request({ path, method: 'GET', headers })
  if (statusCode !== 200) throw new Error(`upstream answered ${statusCode}`)
  return body.json()
}

const of = (vendor, path) => (_parent, _args, { account }) => get(`/${vendor}_${account}${path}`)
const resolvers = {
  Query: {
    assets: of('fiwit', '/assets'),
    few: of('few', '/assets'),
    many: of('many', '/assets'),
    asset: (_, { id }, { account }) => get(`/fiwit_${account}/assets/${id}`),
    tether: of('tether', '/assets'),
    revnue: of('revnue', '/asset/?company=1'),
    halo: of('halo', '/Asset?pageinate=true&page_no=1&page_size=50'),
    s3s: of('s3s', '/assets/checklists?page=1&page_size=50')
  }
}

const byId = (path, key) => async (queries, { account }) => {
  const rows = new Map((await get(`/fiwit_${account}${path}`)).map(row => [row.id, row]))
  return queries.map(({ obj }) => rows.get(obj[key]) ?? null)
}

const loaders = {
  Asset: {
    location: { loader: byId('/locations', 'location_id'), opts: { cache: false } },
    assigned: { loader: byId('/users', 'assigned_id'), opts: { cache: false } }
  }
}

const app = fastify()
app.register(mercurius, {
  schema: readFileSync(new URL('../schema.graphql', import.meta.url), 'utf8'),
  resolvers,
  loaders,
  context: request => ({ account: request.headers['x-account'] }),
  jit: 1
})
if (cached === 'true') app.register(cache, { ttl: 3600, policy: { Query: { assets: true } } })
await app.listen({ port: Number(port), host: '127.0.0.1' })
