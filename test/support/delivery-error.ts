import assert from 'node:assert/strict'

/** The error of a failed delivery. Asserts that it can be logged: it contains none of `secrets`. */
export async function loggableErrorOf(
  sending: Promise<void>,
  secrets: readonly string[],
): Promise<Error> {
  const error = await sending.then(
    () => assert.fail('The delivery succeeded.'),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof Error)
  const { message, stack, cause } = error
  const logged = JSON.stringify({ ...error, message, stack, cause: String(cause) })
  for (const secret of secrets) assert.ok(!logged.includes(secret), `${secret} is in: ${logged}`)
  return error
}
