// Mesh: the vendors' REST APIs as one supergraph for Hive Gateway.
import { readFileSync } from 'node:fs'
import { defineConfig } from '@graphql-mesh/compose-cli'
import { loadJSONSchemaSubgraph } from '@omnigraph/json-schema'

const shapes = JSON.parse(readFileSync(new URL('./shapes.json', import.meta.url), 'utf8'))
const list = type => ({ type: 'array', items: shapes[type] })
const get = (field, path, responseSchema, more = {}) =>
  ({ type: 'Query', field, path, method: 'GET', responseSchema, ...more })

export const composeConfig = defineConfig({
  subgraphs: [
    {
      sourceHandler: loadJSONSchemaSubgraph('vendors', {
        endpoint: process.env.UPSTREAM,
        operationHeaders: { authorization: 'bench', accept: 'application/json' },
        operations: [
          get('assets', '/fiwit_{context.headers[\"x-account\"]}/assets', list('Asset')),
          get('few', '/few_{context.headers[\"x-account\"]}/assets', list('Asset')),
          get('many', '/many_{context.headers[\"x-account\"]}/assets', list('Asset')),
          get('asset', '/fiwit_{context.headers[\"x-account\"]}/assets/{args.id}', shapes.Asset, { argTypeMap: { id: { type: 'integer' } } }),
          get('tether', '/tether_{context.headers[\"x-account\"]}/assets', list('TetherAsset')),
          get('revnue', '/revnue_{context.headers[\"x-account\"]}/asset/?company=1', list('RevnueAsset')),
          get('halo', '/halo_{context.headers[\"x-account\"]}/Asset?pageinate=true&page_no=1&page_size=50', shapes.HaloDevices),
          get('s3s', '/s3s_{context.headers[\"x-account\"]}/assets/checklists?page=1&page_size=50', shapes.Checklists),
          get('locations', '/fiwit_{context.headers[\"x-account\"]}/locations', list('Location'), {
            argTypeMap: { ids: { type: 'array', items: { type: 'integer' } } },
            queryParamArgMap: { id: 'ids' }
          }),
          get('users', '/fiwit_{context.headers[\"x-account\"]}/users', list('User'), {
            argTypeMap: { ids: { type: 'array', items: { type: 'integer' } } },
            queryParamArgMap: { id: 'ids' }
          })
        ]
      })
    }
  ],
  additionalTypeDefs: /* GraphQL */ `
    extend type Asset {
      location: Location
        @resolveTo(
          sourceName: "vendors"
          sourceTypeName: "Query"
          sourceFieldName: "locations"
          keyField: "location_id"
          keysArg: "ids"
          valueKeyField: "id"
        )
      assigned: User
        @resolveTo(
          sourceName: "vendors"
          sourceTypeName: "Query"
          sourceFieldName: "users"
          keyField: "assigned_id"
          keysArg: "ids"
          valueKeyField: "id"
        )
    }
  `
})
