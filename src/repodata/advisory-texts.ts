import { attribute, child, children, parseXml, text } from '../base/xml.ts';

/** What an `<update>` says beyond what lists show. What is not said is empty. */
export interface AdvisoryTexts {
  description: string;
  summary: string;
  solution: string;
  rights: string;
  from: string;
  release: string;
  pushcount: string;
  /** Whether any of its packages says that it takes a reboot. */
  rebootSuggested: boolean;
}

/** Reads it. Throws AppError 'invalid' where it is not XML. Source: createrepo_c's `xml_dump_updateinfo.c`. */
export function readAdvisoryTexts(bytes: Buffer): AdvisoryTexts {
  const node = child(parseXml(bytes.toString('utf8'), 'an advisory'), 'update');
  const said = (name: string): string => text(node, name)?.trim() ?? '';
  const packages = children(node, 'pkglist')
    .flatMap((list) => children(list, 'collection'))
    .flatMap((collection) => children(collection, 'package'));
  return {
    description: said('description'),
    summary: said('summary'),
    solution: said('solution'),
    rights: said('rights'),
    from: attribute(node, 'from') ?? '',
    release: said('release'),
    pushcount: said('pushcount'),
    rebootSuggested: packages.some((pkg) =>
      children(pkg, 'reboot_suggested').some(
        (one) => !/^(?:0|false)$/i.test(String(one['#text'] ?? '')),
      ),
    ),
  };
}
