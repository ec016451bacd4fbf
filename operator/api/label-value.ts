/** What a label may hold of a name: 63 characters, the last a letter or digit. */
export function labelValue(name: string): string {
  return name.slice(0, 63).replace(/[^A-Za-z0-9]+$/, '');
}
