// better-auth as its documentation sets it up, for `npm run bench -- --peers`: email and password, the
// two-factor plugin, node:sqlite (https://better-auth.com/docs/installation, /docs/adapters/sqlite,
// /docs/plugins/2fa, /docs/integrations/node). Only its rate limits are off: all calls of the bench come
// from one address, of which it takes three sign-ins in ten seconds.
import { createServer } from 'node:http'
import { DatabaseSync } from 'node:sqlite'
import { betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { toNodeHandler } from 'better-auth/node'
import { twoFactor } from 'better-auth/plugins'

const { PORT, DATABASE, MIGRATE } = process.env
const options = {
  appName: 'Bench',
  baseURL: `http://localhost:${PORT}`,
  secret: 'a-secret-of-the-bench-alone-0123456789abcdef',
  database: new DatabaseSync(DATABASE),
  emailAndPassword: { enabled: true },
  plugins: [twoFactor()],
  rateLimit: { enabled: false },
}
if (MIGRATE) await (await getMigrations(options)).runMigrations()

createServer(toNodeHandler(betterAuth(options))).listen(Number(PORT), '127.0.0.1')
