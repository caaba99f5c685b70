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

const resolvers = {
  Query: {
    assets: () => get('/fiwit/assets'),
    few: () => get('/few/assets'),
    many: () => get('/many/assets'),
    asset: (_, { id }) => get(`/fiwit/assets/${id}`),
    tether: () => get('/tether/assets'),
    revnue: () => get('/revnue/asset/?company=1'),
    halo: () => get('/halo/Asset?pageinate=true&page_no=1&page_size=50'),
    s3s: () => get('/s3s/assets/checklists?page=1&page_size=50')
  }
}

const byId = (path, key) => async queries => {
  const rows = new Map((await get(path)).map(row => [row.id, row]))
  return queries.map(({ obj }) => rows.get(obj[key]) ?? null)
}

const loaders = {
  Asset: {
    location: { loader: byId('/fiwit/locations', 'location_id'), opts: { cache: false } },
    assigned: { loader: byId('/fiwit/users', 'assigned_id'), opts: { cache: false } }
  }
}

const app = fastify()
app.register(mercurius, {
  schema: readFileSync(new URL('../schema.graphql', import.meta.url), 'utf8'),
  resolvers,
  loaders,
  jit: 1
})
if (cached === 'true') app.register(cache, { ttl: 3600, policy: { Query: { assets: true } } })
await app.listen({ port: Number(port), host: '127.0.0.1' })
