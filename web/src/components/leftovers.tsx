import type { Undone } from '../../../client/latchkey.ts'
import { changeName, text } from '../text.ts'

/** Lists what may be a thief's and outlives an undo or a reset. */
export function Leftovers({
  undoableChanges,
  passkeys,
}: Pick<Undone, 'undoableChanges' | 'passkeys'>) {
  const lists = [
    { about: text.leftovers.changes, names: undoableChanges.map(({ type }) => changeName(type)) },
    { about: text.leftovers.passkeys, names: passkeys.map(({ name }) => name) },
  ]
  return lists
    .filter(({ names }) => names.length > 0)
    .map(({ about, names }) => (
      <div key={about}>
        <p>{about}</p>
        <ul class="bullets">
          {[...new Set(names)].map((name) => (
            <li key={name}>{name}</li>
          ))}
        </ul>
      </div>
    ))
}
