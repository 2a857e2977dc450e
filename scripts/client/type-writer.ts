/** Converts JSON Schema, as the routes use it, to TypeScript. */

export interface Schema {
  $ref?: string
  title?: string
  description?: string
  type?: string
  enum?: unknown[]
  anyOf?: Schema[]
  items?: Schema
  properties?: Record<string, Schema>
  required?: string[]
  additionalProperties?: boolean | Schema
  /** A TypeScript type to write instead of the schema. */
  literalType?: string
}

/** Optional fields of a `sent` type accept `undefined`, which JSON leaves out. */
export type Direction = 'sent' | 'received'

/**
 * Writes types. A schema with a name, from its component or title, is declared once and referred to
 * by that name; every other is written inline.
 */
export class TypeWriter {
  readonly #components: Record<string, Schema>
  /** Component names by structure, because documents inline some components. */
  readonly #known: Map<string, string>
  readonly #declared = new Map<string, string>()

  constructor(components: Record<string, Schema>) {
    this.#components = components
    this.#known = new Map(
      Object.entries(components).map(([name, schema]) => [structureOf(schema), name]),
    )
  }

  /** All declarations so far, sorted by name. */
  get declarations(): string {
    return [...this.#declared.entries()]
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([, text]) => text)
      .join('\n\n')
  }

  /** @param name for an object schema without a name of its own */
  write(schema: Schema, direction: Direction, name?: string): string {
    if (schema.literalType !== undefined) return schema.literalType
    const component = schema.$ref?.split('/').at(-1) ?? this.#known.get(structureOf(schema))
    if (component !== undefined) {
      return this.declare(component, this.#components[component] ?? {}, direction)
    }
    const typeName = schema.title ?? (schema.properties && name)
    return typeName === undefined
      ? this.#written(schema, direction)
      : this.declare(typeName, schema, direction)
  }

  /** @param parameters such as `<Code extends string>` */
  declare(name: string, schema: Schema, direction: Direction, parameters = ''): string {
    const { title: _, description, ...rest } = schema
    const written = this.#written(rest, direction)
    const declaration = rest.properties
      ? `export interface ${name}${parameters} ${written}`
      : `export type ${name} = ${written}`
    const text = `${comment(description)}${declaration}`
    const existing = this.#declared.get(name)
    // Descriptions may differ between uses; fields may not.
    if (existing !== undefined && !existing.endsWith(declaration)) {
      throw new Error(`Two different schemas are called ${name}: give one of them a title.`)
    }
    if (existing === undefined) this.#declared.set(name, text)
    return name
  }

  #written(schema: Schema, direction: Direction): string {
    if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ')
    if (schema.anyOf) return schema.anyOf.map((one) => this.write(one, direction)).join(' | ')
    switch (schema.type) {
      case 'string':
      case 'boolean':
      case 'null':
        return schema.type
      case 'integer':
      case 'number':
        return 'number'
      case 'array':
        return `(${this.write(schema.items ?? {}, direction)})[]`
      case 'object':
        return this.#object(schema, direction)
      default:
        return 'unknown'
    }
  }

  #object(schema: Schema, direction: Direction): string {
    const { properties = {}, required = [], additionalProperties: more } = schema
    if (Object.keys(properties).length === 0) {
      // Any object, or a dictionary.
      if (typeof more !== 'object') return 'object'
      return `Record<string, ${this.write(more, direction)}>`
    }
    const fields = Object.entries(properties).map(([name, field]) => {
      const type = this.write(field, direction)
      const key = JSON.stringify(name)
      const optional = direction === 'sent' ? `${key}?: ${type} | undefined` : `${key}?: ${type}`
      return comment(field.description) + (required.includes(name) ? `${key}: ${type}` : optional)
    })
    return `{\n${fields.join('\n')}\n}`
  }
}

/** A docstring of these paragraphs, wrapped. */
export function comment(...paragraphs: (string | undefined)[]): string {
  const lines = paragraphs
    .filter((paragraph) => paragraph !== undefined)
    .map((paragraph) => paragraph.replaceAll('*/', '*\\/').match(/\S.{0,83}(?=\s|$)/g) ?? [])
    .flatMap((wrapped, i) => (i === 0 ? wrapped : ['', ...wrapped]))
  if (lines.length === 0) return ''
  const [only] = lines
  if (lines.length === 1) return `/** ${only} */\n`
  return `/**\n${lines.map((line) => ` * ${line}`.trimEnd()).join('\n')}\n */\n`
}

function structureOf({ title: _, description: __, ...schema }: Schema): string {
  return JSON.stringify(schema, (key, value) => (key === 'examples' ? undefined : value))
}
