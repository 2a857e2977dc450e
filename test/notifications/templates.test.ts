import assert from 'node:assert/strict'
import { test } from 'node:test'
import { notifications as german } from '../../src/i18n/de/notifications.ts'
import { notifications as english } from '../../src/i18n/en/notifications.ts'
import {
  type ParamType,
  type TemplateName,
  type TemplateParams,
  templateParams,
} from '../../src/i18n/notification-catalogue.ts'
import { type MessageBrand, renderNotification } from '../../src/notifications/templates.ts'

const brand: MessageBrand = {
  name: 'Latchkey',
  publicUrl: 'https://accounts.example.com',
  color: '#17603c',
  onColor: '#ffffff',
  logo: false,
}

/** Of each type: a value as the outbox stores it, and its words in each language. */
const samples: Record<ParamType, { stored: unknown; en: string; de: string }> = {
  time: {
    stored: Date.UTC(2026, 10, 29, 12, 34),
    en: '29 November 2026 at 12:34 (UTC)',
    de: '29. November 2026 um 12:34 (UTC)',
  },
  method: { stored: 'sms', en: english.methods.sms, de: german.methods.sms },
  count: { stored: 7, en: '7', de: '7' },
  app: { stored: 'Wiki', en: 'Wiki', de: 'Wiki' },
  reason: { stored: 'asked by phone', en: 'asked by phone', de: 'asked by phone' },
}

for (const language of ['en', 'de'] as const) {
  test(`every message shows its parameters in words, times and methods included, in ${language}`, () => {
    for (const [template, types] of Object.entries(templateParams)) {
      const stored = Object.entries(types).map(([name, type]) => [name, samples[type].stored])
      const params = Object.fromEntries(stored) as TemplateParams[TemplateName]
      const { text } = renderNotification(
        {
          ...{ channel: 'email', template: template as TemplateName, params },
          ...{ language, secret: undefined },
        },
        brand,
      )
      for (const type of Object.values(types)) {
        assert.ok(text.includes(samples[type][language]), `${template} lacks its ${type}: ${text}`)
      }
      assert.doesNotMatch(text, /\d{13}|\bsms\b|undefined|null/, template)
    }
  })
}

for (const [language, total] of [
  ['en', '1,997'],
  ['de', '1.997'],
] as const) {
  test(`a digest of any notice has the number of notices and the time of each, in ${language}`, () => {
    const times = ['12:34', '12:35', '12:39']
    for (const [template, types] of Object.entries(templateParams)) {
      if (!('at' in types)) continue
      const [params, ...others] = times.map((time) => ({
        ...Object.fromEntries(
          Object.entries(types).map(([name, type]) => [name, samples[type].stored]),
        ),
        at: Date.parse(`2026-11-29T${time}Z`),
      })) as [{ at: number }, ...{ at: number }[]]
      const { subject, text } = renderNotification(
        {
          ...{ channel: 'email', template: template as TemplateName, language, secret: undefined },
          ...{
            params: params as TemplateParams[TemplateName],
            digest: { count: 1996, params: others },
          },
        },
        brand,
      )
      assert.ok(subject.includes(total), subject)
      assert.ok(text.includes(total), text)
      for (const time of times) {
        assert.ok(text.includes(samples.time[language].replace('12:34', time)), text)
      }
    }
  })
}
