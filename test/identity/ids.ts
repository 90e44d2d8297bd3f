/** Ids as engines make them, and the uid of a pod. */
export const ID = '0123456789abcdef'.repeat(4);
export const OTHER_ID = 'fedcba9876543210'.repeat(4);
export const POD_UID = 'dde1244b-5bb5-4297-b544-85f3bc0d80bf';
