/** The table of keys. */
import { useEffect, useRef } from 'react';
import { useWords } from '../words';
import type { Word } from '../words/zh';
import { Key } from './badges';

type Row = readonly [keys: readonly string[], word: Word];
const REVIEW: readonly Row[] = [
  [['J', 'K'], 'help.next'],
  [['Y'], 'verdict.confirm'],
  [['N'], 'verdict.dismiss'],
  [['1', '8'], 'help.reasonKeys'],
  [['U'], 'verdict.unsure'],
  [['Z'], 'verdict.undo'],
];
const PLAYER: readonly Row[] = [
  [['Space'], 'help.play'],
  [[',', '.'], 'help.frames'],
  [['B'], 'player.boxes'],
  [['F'], 'player.full'],
  [['O'], 'player.viewOriginal'],
  [['H'], 'player.head'],
];
const ROOMS: readonly Row[] = [
  [['G', 'R'], 'room.review'],
  [['G', 'W'], 'room.wall'],
  [['G', 'A'], 'room.cases'],
  [['G', 'N'], 'room.inspections'],
  [['G', 'I'], 'room.insight'],
  [['G', 'C'], 'room.cameras'],
  [['G', 'V'], 'room.register'],
  [['G', 'M'], 'room.admin'],
  [['?'], 'help.this'],
];

function Table({ title, rows }: { title: string; rows: readonly Row[] }) {
  const { t } = useWords();
  return (
    <section>
      <h3>{title}</h3>
      <dl>
        {rows.map(([keys, word]) => (
          <div key={word}>
            <dt>
              {keys.map((key) => (
                <Key key={key}>{key}</Key>
              ))}
            </dt>
            <dd>{t(word)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

export function Help({ open, close }: { open: boolean; close: () => void }) {
  const { t } = useWords();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (open && !dialog.current?.open) dialog.current?.showModal();
    if (!open && dialog.current?.open) dialog.current.close();
  }, [open]);
  return (
    <dialog ref={dialog} className="help" onClose={close} onClick={(e) => e.target === dialog.current && close()} aria-labelledby="help-title">
      <header>
        <h2 id="help-title">{t('help.title')}</h2>
        <button className="button button-quiet" onClick={close}>
          {t('app.close')} <Key>Esc</Key>
        </button>
      </header>
      <div className="help-tables">
        <Table title={t('help.review')} rows={REVIEW} />
        <Table title={t('help.player')} rows={PLAYER} />
        <Table title={t('help.rooms')} rows={ROOMS} />
      </div>
    </dialog>
  );
}
