/** The words of what helps a verdict: who else looks, what was alike, a whole incident at once. */
export const zh = {
  'claim.held': '{by} 正在审核这条',
  'claim.taken': '另一位同事正在审核这条事件，可先看下一条。',
  'similar.title': '同一摄像头的同类事件',
  'similar.none': '此前没有。',
  'similar.unjudged': '还没有审核结论，无法给出准确率。',
  'similar.precision': '此处此类的准确率 {percent} %（n {n}，95 % 区间 {low}–{high} %）',
  'bulk.open': '整组判定',
  'bulk.title': '{kind}：一次判定 {n} 条',
  'bulk.help': '逐张看过再判定；取消勾选的不受影响。每条结论都可撤销（Z）。',
  'bulk.done': '已判定 {n} 条：{verdict}',
  'bulk.some': '{n} 条没有判定：{detail}',
  'player.head': '放大头部',
  'player.before': '看之前',
  'player.after': '看之后',
} as const;

export const en: Record<keyof typeof zh, string> = {
  'claim.held': '{by} is reviewing this',
  'claim.taken': 'A colleague is reviewing this event; the next one is free.',
  'similar.title': 'This kind at this camera',
  'similar.none': 'None before.',
  'similar.unjudged': 'Nobody has judged any yet, so there is no precision.',
  'similar.precision': 'Precision of this kind here {percent} % (n {n}, 95 % interval {low}–{high} %)',
  'bulk.open': 'Judge all',
  'bulk.title': '{kind}: one verdict on {n}',
  'bulk.help': 'Look at each picture first; what you untick stays as it is. Every verdict can be taken back (Z).',
  'bulk.done': '{n} judged: {verdict}',
  'bulk.some': '{n} not judged: {detail}',
  'player.head': 'Zoom on the head',
  'player.before': 'Before',
  'player.after': 'After',
};
