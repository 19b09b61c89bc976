import { refused } from './refusals.ts';

/** What a machine says when it wants to become an instance. */
export interface RegistrationRequest {
  name: string;
  osName: string;
  osRelease: string;
  /** `uname -m`, or a platform such as x86_64-redhat-linux. */
  arch: string;
  keys: string[];
  /** Asked for only where there are no keys. */
  user?: { name: string; password: string } | undefined;
  smbiosUuid?: string | undefined;
  agentVersion?: string | undefined;
  /** As its header says. */
  capabilities?: string | undefined;
}

const longest = 128;

/** A request without spaces around what it says. Throws refused('incomplete' or 'empty_name'). */
export function readRequest(request: RegistrationRequest): RegistrationRequest {
  const name = told(request.name);
  const osRelease = told(request.osRelease);
  const arch = told(request.arch);
  if (osRelease === '' || arch === '') {
    throw refused(
      'incomplete',
      'a registration says the release and the architecture of its system',
    );
  }
  if (request.keys.length === 0 && !(request.user?.name && request.user.password)) {
    throw refused('incomplete', 'a registration key, or a user and a password, is needed');
  }
  if (name === '') throw refused('empty_name', 'a registration says the name of its system');
  const osName = told(request.osName);
  const agentVersion = request.agentVersion && told(request.agentVersion);
  return { ...request, name, osName, osRelease, arch, agentVersion };
}

/** Throws refused('incomplete') for what is no name of anything. */
function told(text: string): string {
  const trimmed = text.trim();
  if (trimmed.length > longest || /\p{Cc}/u.test(trimmed)) {
    throw refused('incomplete', 'a registration says something that is no name');
  }
  return trimmed;
}
