import { z } from 'zod';

const mostFreeform = 10;
const mostDefined = 64;
const longestKey = 100;
const longestValue = 256;

const keySchema = z
  .string()
  .min(1)
  .max(longestKey)
  .regex(/^[\x21-\x7e]+$/, 'printable ASCII without spaces')
  .refine((key) => key !== '__proto__', 'another key');

/** Tags that people give as they like: OCI allows ten, and so long ones. */
const freeformTagsSchema = z
  .record(keySchema, z.string().max(longestValue))
  .refine((tags) => Object.keys(tags).length <= mostFreeform, `at most ${mostFreeform} tags`);

/** Tags in namespaces; nothing is made of the namespaces here. */
const definedTagsSchema = z
  .record(
    keySchema.refine((key) => !key.includes('.'), 'a namespace has no dots'),
    z.record(keySchema, z.union([z.string().max(longestValue), z.number(), z.boolean()])),
  )
  .refine(
    (spaces) => Object.values(spaces).flatMap(Object.keys).length <= mostDefined,
    `at most ${mostDefined} tags`,
  );

/** The shape of the tags that a resource can be given. */
export const tagsShape = {
  freeformTags: freeformTagsSchema.optional(),
  definedTags: definedTagsSchema.optional(),
};
