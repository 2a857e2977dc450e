/** The methods of a sign-in attempt. */
export const signInMethods = [
  'password',
  'authenticator',
  'sms',
  'email',
  'recoveryCode',
  'passkey',
  'trustedDevice',
] as const
export type SignInMethod = (typeof signInMethods)[number]

/** The outcome of a sign-in attempt. */
export type SignInOutcome = 'signedIn' | 'mfaRequired' | 'wrong' | 'limited'

/** The outcome of one delivery attempt. */
export const deliveryOutcomes = ['sent', 'retry', 'failed'] as const
export type DeliveryOutcome = (typeof deliveryOutcomes)[number]

/** An event for metrics. Holds no email address, phone number, id or secret. */
export type MetricEvent =
  | { kind: 'signIn'; method: SignInMethod; result: SignInOutcome }
  | { kind: 'activity'; type: string; mfaMethod?: string }
  | { kind: 'code'; channel: string; purpose: string }
  | { kind: 'delivery'; channel: string; outcome: DeliveryOutcome }

/** Emits an event immediately. */
export type EmitEvent = (event: MetricEvent) => void
