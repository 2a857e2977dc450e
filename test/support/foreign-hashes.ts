/** Password hashes by other implementations. */
import { execFile } from 'node:child_process'
import { argon2Sync } from 'node:crypto'
import type { TestContext } from 'node:test'
import { promisify } from 'node:util'
import { toBase64 } from '../../src/lib/password-hash-formats/hash-format.ts'
import { requireWorking } from './tool.ts'

const run = promisify(execFile)

/** Hashes of one password, by format and variant. */
export type HashesByFormat = Record<string, string>

const python = `
import base64, hashlib, json, sys
word = sys.argv[1].encode()
def b64(raw): return base64.b64encode(raw).decode().rstrip('=')
def ab64(raw): return b64(raw).replace('+', '.')
salt = bytes(range(200, 216))
def pbkdf2(name, rounds, salt=salt): return hashlib.pbkdf2_hmac(name, word, salt, rounds)
def scrypt(ln, r, p): return hashlib.scrypt(word, salt=salt, n=2**ln, r=r, p=p, maxmem=2**27, dklen=32)
print(json.dumps({
  'pbkdf2-sha1 as passlib': '$pbkdf2$1000$%s$%s' % (ab64(salt), ab64(pbkdf2('sha1', 1000))),
  'pbkdf2-sha256 as passlib': '$pbkdf2-sha256$2000$%s$%s' % (ab64(salt), ab64(pbkdf2('sha256', 2000))),
  'pbkdf2-sha512 as passlib': '$pbkdf2-sha512$2000$%s$%s' % (ab64(salt), ab64(pbkdf2('sha512', 2000))),
  'pbkdf2-sha256 as PHC': '$pbkdf2-sha256$i=3000,l=32$%s$%s' % (b64(salt), b64(pbkdf2('sha256', 3000))),
  'pbkdf2-sha256 as Django': 'pbkdf2_sha256$2000$Sa1t%%of.it$%s' % base64.b64encode(pbkdf2('sha256', 2000, b'Sa1t%of.it')).decode(),
  'pbkdf2-sha1 as Django': 'pbkdf2_sha1$2000$Sa1tofit$%s' % base64.b64encode(pbkdf2('sha1', 2000, b'Sa1tofit')).decode(),
  'scrypt': '$scrypt$ln=10,r=8,p=1$%s$%s' % (b64(salt), b64(scrypt(10, 8, 1))),
  'scrypt in lanes': '$scrypt$ln=4,r=4,p=3$%s$%s' % (b64(salt), b64(scrypt(4, 4, 3))),
}))
`

/** crypt(3) of the C library, with bcrypt from libxcrypt. */
const perl =
  'print join(" ", map { crypt($ARGV[0], "\\$$_\\$05\\$abcdefghijklmnopqrstuu") } qw(2a 2b 2y))'

const perlKnowsBcrypt = 'exit(crypt("x", "\\$2b\\$04\\$abcdefghijklmnopqrstuu") =~ /^.2b/ ? 0 : 1)'

/** @returns undefined without Python or Perl; the test is skipped */
export async function generateForeignHashes(
  t: TestContext,
  password: string,
): Promise<HashesByFormat | undefined> {
  if (!(await requireWorking(t, 'python3', '-c', 'import hashlib; hashlib.scrypt')))
    return undefined
  if (!(await requireWorking(t, 'perl', '-e', perlKnowsBcrypt))) return undefined
  const pythonHashes = (await run('python3', ['-c', python, password])).stdout
  const bcryptHashes = (await run('perl', ['-e', perl, password])).stdout.split(' ')
  return {
    ...JSON.parse(pythonHashes),
    ...Object.fromEntries(bcryptHashes.map((hash) => [`bcrypt as ${hash.slice(0, 4)}`, hash])),
    ...hashWithOpenssl(password),
  }
}

/** Hashes with the runtime’s OpenSSL, not with the library that verifies them. */
function hashWithOpenssl(password: string): HashesByFormat {
  const nonce = Buffer.from('a salt of sixteen').subarray(0, 16)
  const costs = [
    { memory: 256, passes: 3, parallelism: 4, tagLength: 32 },
    { memory: 64, passes: 1, parallelism: 1, tagLength: 16 },
  ]
  const variants = ['argon2d', 'argon2i', 'argon2id'] as const
  const entries = variants.flatMap((kind) =>
    costs.map((shape) => {
      const digest = argon2Sync(kind, { message: password, nonce, ...shape })
      const { memory, passes, parallelism } = shape
      const cost = `m=${memory},t=${passes},p=${parallelism}`
      const hash = `$${kind}$v=19$${cost}$${toBase64(nonce)}$${toBase64(digest)}`
      return [`${kind} ${cost}`, hash] as const
    }),
  )
  return Object.fromEntries(entries)
}
