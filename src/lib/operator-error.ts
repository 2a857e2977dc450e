/**
 * What keeps the service from starting and only its operator can put right. The message is for
 * them: what is wrong, what to do about it, and no secret.
 */
export class OperatorError extends Error {}
