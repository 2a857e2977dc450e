import { isLanguage, type Language } from '../lib/language.ts'
import type { SettingType } from './setting.ts'

export const attributeTypes = ['string', 'number', 'boolean'] as const
export const attributeEditors = ['owner', 'operator'] as const

/** An attribute that the operator declares for the profiles of all accounts. */
export interface AttributeDefinition {
  /** The key in the API, and the claim. */
  name: string
  type: (typeof attributeTypes)[number]
  /** Owners may read all of their attributes. Operators may edit all. */
  editableBy: (typeof attributeEditors)[number]
  /** The words for it on pages, by language; the name where there are none. */
  label: Partial<Record<Language, string>>
}

/** Enough for what applications ask for, few enough for an ID token. */
const maxAttributes = 20

/** A name that is also a claim without further ado. */
const namePattern = /^[a-z][A-Za-z0-9_]{0,39}$/

/**
 * Claims that protocols or the service define (RFC 7519 §4.1, RFC 9068 §2.2, OpenID Connect Core §2
 * and §5.1): an attribute must not pass for one of them, least of all one that its owner edits.
 */
const reservedNames = new Set(
  `iss sub aud exp nbf iat jti nonce auth_time acr amr azp at_hash c_hash s_hash sid cnf act may_act
  scope client_id groups events typ gen name preferred_username picture locale updated_at email
  email_verified phone_number phone_number_verified`.split(/\s+/),
)

/** A JSON list of attributes. */
export const profileAttributes: SettingType<readonly AttributeDefinition[]> = {
  expected: `a JSON list of at most ${maxAttributes} attributes such as [{"name": "department", "type": "string", "editableBy": "operator"}], with unique names of letters, digits and _ that are no standard claims, the types string, number or boolean, editableBy owner or operator, and maybe a label such as {"en": "Department", "de": "Abteilung"}`,
  parse(input) {
    const list = parseJson(input)
    if (!Array.isArray(list) || list.length > maxAttributes) return undefined
    const definitions = list.map(parseDefinition)
    if (!definitions.every((definition) => definition !== undefined)) return undefined
    const names = new Set(definitions.map(({ name }) => name))
    return names.size === definitions.length ? definitions : undefined
  },
}

function parseDefinition(value: unknown): AttributeDefinition | undefined {
  if (!isObject(value)) return undefined
  const { name, type, editableBy, label = {}, ...others } = value
  if (Object.keys(others).length > 0 || !isObject(label)) return undefined
  if (typeof name !== 'string' || !namePattern.test(name) || reservedNames.has(name)) {
    return undefined
  }
  const knownType = attributeTypes.find((one) => one === type)
  const knownEditor = attributeEditors.find((one) => one === editableBy)
  if (!knownType || !knownEditor) return undefined
  const isLabelled = Object.entries(label).every(
    ([language, words]) => isLanguage(language) && isLabel(words),
  )
  return isLabelled ? { name, type: knownType, editableBy: knownEditor, label } : undefined
}

function isLabel(words: unknown): boolean {
  return typeof words === 'string' && /^[^\p{C}<>]{1,60}$/u.test(words)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parseJson(input: string): unknown {
  try {
    return JSON.parse(input)
  } catch {
    return undefined
  }
}
