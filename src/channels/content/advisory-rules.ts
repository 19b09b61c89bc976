import type { AdvisoryRule } from '../../base/filters.ts';
import type { AdvisoryFacts } from '../../store/catalogue/facts-advisories.ts';
import { matchTexts } from './patterns.ts';

type Described = Pick<AdvisoryFacts, 'id' | 'type' | 'severity' | 'issued'>;

/** Which advisories fit any of some rules. */
export function matchAdvisories(rules: readonly AdvisoryRule[]) {
  const compiled = rules.map((rule) => {
    const lower = (list: string[] | undefined) => list && new Set(list.map((t) => t.toLowerCase()));
    return {
      rule,
      types: lower(rule.types),
      severities: lower(rule.severities),
      ids: rule.ids && matchTexts(rule.ids),
      until: rule.issuedUntil === undefined ? undefined : Date.parse(rule.issuedUntil),
      used: false,
    };
  });

  return {
    fits(advisory: Described): boolean {
      let found = false;
      for (const one of compiled) {
        // First, so that it learns of every id that there is.
        if (one.ids && !one.ids.fits(advisory.id)) continue;
        if (one.types && !one.types.has(advisory.type.toLowerCase())) continue;
        if (one.severities && !one.severities.has(advisory.severity.trim().toLowerCase())) continue;
        if (one.until !== undefined && !((issuedAt(advisory.issued) ?? Infinity) <= one.until)) {
          continue;
        }
        one.used = true;
        found = true;
      }
      return found;
    },

    /** Ids that no advisory has, and other rules that none fits, as written. */
    unused(): string[] {
      return compiled.flatMap(({ rule, ids, used }) => {
        const unknown = ids?.unused() ?? [];
        const all = ids !== undefined && unknown.length === new Set(rule.ids).size;
        return used || all ? unknown : [...unknown, said(rule)];
      });
    },
  };
}

function said({ types, severities, ids, issuedUntil }: AdvisoryRule): string {
  const parts = [
    types && `type ${types.join(' or ')}`,
    severities && `severity ${severities.join(' or ')}`,
    ids && `id ${ids.join(' or ')}`,
    issuedUntil && `issued until ${issuedUntil}`,
  ];
  return parts.filter((p) => p).join(', ');
}

/**
 * When an advisory was issued, in milliseconds since 1970: a date, a date with a time, which is UTC unless it says otherwise,
 * seconds since 1970, or as mails have it. Undefined for what is none of these.
 */
export function issuedAt(text: string): number | undefined {
  const trimmed = text.trim();
  if (/^\d{9,11}(\.\d*)?$/.test(trimmed)) {
    return Number.parseInt(trimmed, 10) * 1000;
  }
  const iso =
    /^(\d{4})-?(\d\d)-?(\d\d)(?:[T ]+(\d\d?:\d\d(?::\d\d)?)(?:\.\d+)?\s*(Z|UTC|GMT|[+-]\d\d:?\d\d)?)?$/i.exec(
      trimmed,
    );
  const time = iso
    ? fromParts(iso)
    : mail.test(trimmed)
      ? Date.parse(withZone(trimmed))
      : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}

/** `Wed, 31 Jan 2024 10:00:00 GMT`, also without the day of the week, the time or the zone. */
const mail =
  /^(?:[a-z]{3,9},?\s+)?\d{1,2}\s+[a-z]{3,9}\s+\d{4}(?:\s+[\d:]+)?(?:\s*(?:[a-z]{1,4}|[+-]\d{4}))?$/i;

const withZone = (text: string) =>
  /(?:[+-]\d{4}|:\d\d\s*[a-z]+)$/i.test(text) ? text : `${text} UTC`;

function fromParts([, year, month, day, clock = '00:00', zone]: string[]): number {
  const colon = zone?.replace(/^([+-]\d\d):?(\d\d)$/, '$1:$2');
  const offset = colon === undefined || /^(Z|UTC|GMT)$/i.test(colon) ? 'Z' : colon;
  return Date.parse(
    `${year}-${month}-${day}T${clock.padStart(clock.length < 6 ? 5 : 8, '0')}${offset}`,
  );
}
