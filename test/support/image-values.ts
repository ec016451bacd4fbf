/** Options of Helm by which the chart takes an image of this name and tag. */
export function imageValues(image: string): readonly string[] {
  const [repository = '', tag = ''] = image.split(/:(?=[^:/]+$)/);
  return ['--set', `image.repository=${repository},image.tag=${tag}`];
}
