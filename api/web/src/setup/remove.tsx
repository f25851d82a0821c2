/** Taking a camera away is asked twice, and says what stays. */
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import type { Camera } from '../core/types';
import { useSay } from '../shell/notes';
import { useSentence } from '../shell/states';
import { useWords } from '../words';
import { removeCamera } from './data';

export function Remove({ camera, close }: { camera: Camera; close: () => void }) {
  const { t } = useWords();
  const say = useSay();
  const sentence = useSentence();
  const queries = useQueryClient();
  const dialog = useRef<HTMLDialogElement>(null);
  const [wrong, setWrong] = useState('');
  useEffect(() => dialog.current?.showModal(), []);
  const remove = async (): Promise<void> => {
    try {
      await removeCamera(camera.id);
      await queries.invalidateQueries({ queryKey: ['cameras'] });
      say({ text: t('setup.removed', { name: camera.name || camera.id }) });
      close();
    } catch (error) {
      setWrong(sentence(error));
    }
  };
  return (
    <dialog ref={dialog} className="help ask" onClose={close} aria-labelledby="remove-title">
      <div className="ask-body">
        <h2 id="remove-title">{t('setup.removeTitle', { name: camera.name || camera.id })}</h2>
        <p>{t('setup.removeHelp')}</p>
        <p role="alert" className="wrong">{wrong}</p>
        <div className="row ask-foot">
          <button className="button" autoFocus onClick={close}>{t('setup.cancel')}</button>
          <button className="button button-bad" onClick={() => void remove()}>{t('setup.remove')}</button>
        </div>
      </div>
    </dialog>
  );
}
