import { join } from 'node:path';

/**
 * The data folder, drawn once. Nothing else in the program puts a path below it together.
 *
 *     headwater.lock              who uses the folder (SQLite, held locked)
 *     state.sqlite                what people and instances did
 *     catalogue.sqlite            index of packages; can be made again
 *     catalogue.new.sqlite        one that is being made, to take its place
 *     objects/ab/cdef…            immutable bytes, named by sha256
 *     aliases/sha512/ab/cdef…     the sha256 of an object that is known by another checksum
 *     cache/cache.sqlite          what was made for clients; may be removed
 *     cache/pieces/12             encoded parts of documents, many in a file
 *     keys/                       the server's own signing keys, private; a secret, and nothing makes them again
 *     tls/ca.pem                  the certificate of the server's own authority, for its clients
 *     tls/ca.key, tls/server.pem  private keys: the authority's, and the server's with its certificate
 *     administrator/key.pem       the first administrator's private key, for the OS Management API
 *     administrator/config        their profile, as OCI's SDKs read it
 *     tmp/                        files being written; emptied at start
 */
export function dataPaths(root: string) {
  const objects = join(root, 'objects');
  const spread = (digest: string) => join(digest.slice(0, 2), digest.slice(2));
  return {
    root,
    lock: join(root, 'headwater.lock'),
    state: join(root, 'state.sqlite'),
    catalogue: join(root, 'catalogue.sqlite'),
    newCatalogue: join(root, 'catalogue.new.sqlite'),
    objects,
    cache: join(root, 'cache'),
    cacheDatabase: join(root, 'cache', 'cache.sqlite'),
    pieces: join(root, 'cache', 'pieces'),
    pieceFile: (number: number) => join(root, 'cache', 'pieces', String(number)),
    keys: join(root, 'keys'),
    tls: join(root, 'tls'),
    tlsFile: (name: string) => join(root, 'tls', name),
    administrator: join(root, 'administrator'),
    administratorKey: join(root, 'administrator', 'key.pem'),
    administratorProfile: join(root, 'administrator', 'config'),
    tmp: join(root, 'tmp'),
    object: (sha256: string) => join(objects, spread(sha256)),
    keyFile: (name: string) => join(root, 'keys', name),
    aliases: join(root, 'aliases'),
    alias: (type: string, digest: string) => join(root, 'aliases', type, spread(digest)),
  };
}

export type DataPaths = ReturnType<typeof dataPaths>;
