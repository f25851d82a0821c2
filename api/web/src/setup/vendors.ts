/** How the usual makers write the address of their streams. */
export interface Vendor {
  id: string;
  path: string;
}
export const VENDORS: readonly Vendor[] = [
  { id: 'hikvision', path: ':554/Streaming/Channels/101' },
  { id: 'dahua', path: ':554/cam/realmonitor?channel=1&subtype=0' },
  { id: 'uniview', path: ':554/media/video1' },
  { id: 'ezviz', path: ':554/h264/ch1/main/av_stream' },
];
/** Names and passwords may hold signs that mean something in an address. */
export function addressOf(vendor: Vendor, host: string, user: string, password: string): string {
  const who = user ? `${encodeURIComponent(user)}${password ? `:${encodeURIComponent(password)}` : ''}@` : '';
  return `rtsp://${who}${host || '192.168.1.64'}${vendor.path}`;
}
/** What stands in an address already, so that choosing a maker keeps it. */
export function partsOf(source: string): { host: string; user: string; password: string } {
  const match = /^(?:[a-z+]+:\/\/)?(?:([^:@/]*)(?::([^@/]*))?@)?(\[[^\]]*\]|[^:/?]*)/.exec(source);
  const plain = (text: string | undefined): string => {
    try {
      return decodeURIComponent(text ?? '');
    } catch {
      return text ?? '';
    }
  };
  return { host: match?.[3] ?? '', user: plain(match?.[1]), password: plain(match?.[2]) };
}
