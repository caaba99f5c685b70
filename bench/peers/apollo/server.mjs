// Apollo Server: REST data sources, and DataLoader for what is joined, as its documentation has it.
// node server.mjs PORT UPSTREAM CACHE(true|false)
import { readFileSync } from 'node:fs'
import { RESTDataSource } from '@apollo/datasource-rest'
import { ApolloServer } from '@apollo/server'
import { ApolloServerPluginCacheControl } from '@apollo/server/plugin/cacheControl'
import { startStandaloneServer } from '@apollo/server/standalone'
import responseCache from '@apollo/server-plugin-response-cache'
import DataLoader from 'dataloader'

const [port, upstream, cached] = process.argv.slice(2)

class Vendors extends RESTDataSource {
  baseURL = upstream
  locations = this.joined('/locations')
  users = this.joined('/users')

  constructor (account, options) {
    super(options)
    this.account = account
  }

  of (vendor, path) {
    return this.get(`/${vendor}_${this.account}${path}`)
  }

  willSendRequest (_path, request) {
    request.headers.authorization = 'bench'
  }

  joined (path) {
    return new DataLoader(async ids => {
      const rows = new Map((await this.of('fiwit', path)).map(row => [row.id, row]))
      return ids.map(id => rows.get(id) ?? null)
    })
  }
}

const from = (vendor, path) => (_parent, _args, { vendors }) => vendors.of(vendor, path)
const resolvers = {
  Query: {
    assets: from('fiwit', '/assets'),
    few: from('few', '/assets'),
    many: from('many', '/assets'),
    asset: (_parent, { id }, { vendors }) => vendors.of('fiwit', `/assets/${id}`),
    tether: from('tether', '/assets'),
    revnue: from('revnue', '/asset/?company=1'),
    halo: from('halo', '/Asset?pageinate=true&page_no=1&page_size=50'),
    s3s: from('s3s', '/assets/checklists?page=1&page_size=50')
  },
  Asset: {
    location: ({ location_id: id }, _args, { vendors }) => id && vendors.locations.load(id),
    assigned: ({ assigned_id: id }, _args, { vendors }) => id && vendors.users.load(id)
  }
}

const server = new ApolloServer({
  typeDefs: readFileSync(new URL('../schema.graphql', import.meta.url), 'utf8'),
  resolvers,
  plugins: cached === 'true'
    ? [ApolloServerPluginCacheControl({ defaultMaxAge: 3600 }), responseCache()]
    : []
})
await startStandaloneServer(server, {
  listen: { port: Number(port), host: '127.0.0.1' },
  context: async ({ req }) => ({ vendors: new Vendors(req.headers['x-account'], { cache: server.cache }) })
})
