import assert from 'node:assert/strict'
import { test } from 'node:test'
import { profileAttributes } from '../../src/config/profile-attributes.ts'

const parse = (list: unknown) => profileAttributes.parse(JSON.stringify(list))
const one = { name: 'department', type: 'string', editableBy: 'operator' }

test('attributes are declared with a name, a type, an editor and maybe words for it', () => {
  const label = { en: 'Department', de: 'Abteilung' }
  assert.deepEqual(parse([{ ...one, label }]), [{ ...one, label }])
  assert.deepEqual(parse([one]), [{ ...one, label: {} }])
  assert.deepEqual(parse([]), [])
})

test('an attribute that would pass for a claim of the service or of a protocol is refused', () => {
  for (const name of ['sub', 'email', 'email_verified', 'groups', 'acr', 'preferred_username']) {
    assert.equal(parse([{ ...one, name }]), undefined, name)
  }
})

test('a declaration with a mistake is refused as a whole', () => {
  for (const list of [
    'department',
    { department: one },
    [one, one],
    [{ ...one, name: 'Department' }],
    [{ ...one, name: '__proto__' }],
    [{ ...one, name: 'a b' }],
    [{ ...one, type: 'text' }],
    [{ ...one, editableBy: 'everyone' }],
    [{ ...one, required: true }],
    [{ ...one, label: { fr: 'Service' } }],
    [{ ...one, label: { en: '<b>' } }],
    [{ ...one, label: 'Department' }],
    [null],
    Array.from({ length: 21 }, (_, index) => ({ ...one, name: `a${index}` })),
  ]) {
    assert.equal(parse(list), undefined, JSON.stringify(list))
  }
  assert.equal(profileAttributes.parse('[{"name":'), undefined)
})
