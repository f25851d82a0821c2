/** The words of a case's thread. */
export const zh = {
  'thread.title': '沟通',
  'thread.none': '双方还没有留言。',
  'thread.write': '给对方留言',
  'thread.send': '发送',
  'thread.read': '对方已读',
  'thread.unread': '对方未读',
  'thread.urge': '催办',
  'thread.call': '电话',
} as const;

export const en: Record<keyof typeof zh, string> = {
  'thread.title': 'Thread',
  'thread.none': 'Nobody has written yet.',
  'thread.write': 'Write to the other side',
  'thread.send': 'Send',
  'thread.read': 'read by the other side',
  'thread.unread': 'not read yet',
  'thread.urge': 'urged',
  'thread.call': 'telephone',
};
