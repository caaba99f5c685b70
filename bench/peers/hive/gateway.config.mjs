// Hive Gateway over the supergraph that Mesh composed; with CACHE=true answers are kept.
import { defineConfig } from '@graphql-hive/gateway'

export const gatewayConfig = defineConfig(
  process.env.CACHE === 'true'
    ? { cache: { type: 'inmemory' }, responseCaching: { session: () => null, ttl: 3_600_000 } }
    : {}
)
