/**
 * A value of XML-RPC (http://xmlrpc.com/spec.md): a number is an int where it is whole. What the types do not have reads
 * as its nearest: nil as the empty string, dateTime.iso8601 as its text, base64 as the text that it holds.
 */
export type XmlRpcValue =
  | string
  | number
  | boolean
  | XmlRpcValue[]
  | { [member: string]: XmlRpcValue };
