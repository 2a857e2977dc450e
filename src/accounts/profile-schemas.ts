import { Type } from 'typebox'
import { attributeEditors, attributeTypes } from '../config/profile-attributes.ts'
import { Instant, LanguageName, Nullable } from '../http/schemas.ts'
import { maxGroups, maxNameLength, maxPictureLength } from './profile-fields.ts'

export const ProfileName = Type.String({
  minLength: 1,
  maxLength: maxNameLength,
  description: 'The display name, in one line.',
  examples: ['Ada Lovelace'],
})

export const Username = Type.String({
  minLength: 1,
  maxLength: 32,
  description:
    'The username: 2 to 32 letters and digits from a to z and 0 to 9, beginning with a letter, with single `.`, `_` or `-` between them. Unique in upper and lower case.',
  examples: ['ada'],
})

export const PictureUrl = Type.String({
  minLength: 1,
  maxLength: maxPictureLength,
  description:
    'The https URL of a picture, with the name of a host and without a port. Applications load it; Latchkey never does.',
  examples: ['https://pictures.example.com/ada.png'],
})

export const Groups = Type.Array(
  Type.String({ minLength: 1, maxLength: 64, examples: ['staff'] }),
  {
    maxItems: maxGroups,
    description:
      'Flat labels that only applications interpret. 1 to 64 letters and digits, and `. _ : / -` after the first character; upper and lower case differ.',
  },
)

/** Changes of attributes. Their declarations decide which are valid. */
export const AttributeChanges = Type.Record(
  Type.String({ maxLength: 40 }),
  Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()]),
  {
    description:
      'Values by the name of a declared attribute (`LATCHKEY_PROFILE_ATTRIBUTES`); null removes one.',
  },
)

/** The profile as owners and operators read it. */
export const Profile = Type.Object(
  {
    name: Nullable(Type.String(), 'The display name.'),
    preferredUsername: Nullable(
      Type.String(),
      'The username, set at sign-up or by an operator. Its owner can’t change it, because applications may take it for the account.',
    ),
    picture: Nullable(Type.String(), 'The URL of a picture.'),
    locale: LanguageName,
    groups: Type.Array(Type.String(), {
      description: 'The groups, sorted. Only operators change them.',
    }),
    attributes: Type.Record(
      Type.String(),
      Type.Union([Type.String(), Type.Number(), Type.Boolean()]),
      { description: 'The declared attributes that have a value.' },
    ),
    updatedAt: Instant('When any of it last changed.'),
  },
  { title: 'Profile', description: 'The part of the account that applications may read.' },
)

export const AttributeDefinition = Type.Object(
  {
    name: Type.String(),
    type: Type.Enum([...attributeTypes]),
    editableBy: Type.Enum([...attributeEditors], {
      description: 'Owners read all of their attributes; operators may edit all.',
    }),
    label: Type.Object(
      { en: Type.Optional(Type.String()), de: Type.Optional(Type.String()) },
      { description: 'The words for it, by language; may be empty.' },
    ),
  },
  { title: 'ProfileAttribute' },
)
