/** A field of a message of sd_notify(3). */
export type Field = readonly [key: string, value: string];

/** The fields of a message, in their order. Lines without an equals sign are left out, as systemd does. */
export function fieldsOf(text: string): Field[] {
  return text.split('\n').flatMap((line): Field[] => {
    const end = line.indexOf('=');
    return end <= 0 ? [] : [[line.slice(0, end), line.slice(end + 1)]];
  });
}

/** What an agent asks its supervisor for, and how that says that nothing comes of it. */
export const UPGRADE_FIELD = 'UPGRADE';
export const UPGRADE_FAILED_FIELD = 'UPGRADE_FAILED';

/** An agent accepts no more: another one does. */
export const RETIRED_FIELD = 'RETIRED';

/** The supervisor ends, and another one may come. */
export const LEAVING_FIELD = 'LEAVING';

/** Has a descriptor that comes along kept under a name. */
export function storeMessage(name: string): string {
  // Without FDPOLL=0 systemd lets go of a socket that does not listen at the moment.
  return `FDSTORE=1\nFDNAME=${name}\nFDPOLL=0`;
}

export function removeMessage(name: string): string {
  return `FDSTOREREMOVE=1\nFDNAME=${name}`;
}
