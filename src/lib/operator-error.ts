/**
 * An error that only the operator can resolve; it prevents a start or a command. Its message states
 * the cause and the remedy and contains no secret.
 */
export class OperatorError extends Error {}
