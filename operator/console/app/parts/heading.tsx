import type { ComponentChildren, JSX } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

/** The heading of a view. Whoever comes to the view finds the focus here, so that keyboard and screen reader go on from there. */
export function Heading({
  title,
  children,
}: {
  readonly title: string;
  readonly children?: ComponentChildren;
}): JSX.Element {
  const ref = useRef<HTMLHeadingElement>(null);
  // A view begins at its top; the view round this heading may then scroll on to where it was left.
  useLayoutEffect(() => {
    scrollTo(0, 0);
  }, []);
  useLayoutEffect(() => {
    document.title = `${title} – Spark secrets`;
    ref.current?.focus({ preventScroll: true });
  }, [title]);
  return (
    <h1 ref={ref} tabIndex={-1}>
      {children ?? title}
    </h1>
  );
}
