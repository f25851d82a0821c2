/** One camera of the wall: picture, boxes, name, health, how old the picture is, and what began here a moment ago. */
import { memo, useState } from 'react';
import { TierSign } from '../shell/badges';
import { useWords } from '../words';
import { partOf, type Sheet } from './sheet';
import { GLOW_MS, isIll, OLD_MS, type Tile } from './data';

export const pictureOf = (tile: Tile): string | null => (tile.picture ? `/v1/wall/${tile.camera}/picture?at=${encodeURIComponent(tile.picture.at)}` : null);

/** The last picture stays until the next one is there: nothing flickers. */
export function Live({ tile, boxes }: { tile: Tile; boxes: boolean }) {
  const { t } = useWords();
  const wanted = pictureOf(tile);
  const [shown, setShown] = useState<string | null>(null);
  if (!wanted) return <span className="tile-none">{t('wall.noPicture')}</span>;
  // The element that loaded a picture is the one that then shows it: each is fetched and decoded once.
  const pictures = shown && shown !== wanted ? [shown, wanted] : [wanted];
  return (
    <>
      {pictures.map((each) => (
        <img key={each} className={each === (shown ?? wanted) ? 'tile-picture' : 'tile-next'} src={each} alt="" onLoad={() => setShown(each)} />
      ))}
      {boxes && <Boxes tile={tile} />}
    </>
  );
}

function Boxes({ tile }: { tile: Tile }) {
  if (!tile.picture || tile.picture.boxes.length === 0) return null;
  return (
    <svg className="tile-boxes" viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true">
      {tile.picture.boxes.map(([x0, y0, x1, y1], i) => (
        <rect key={i} x={x0} y={y0} width={x1 - x0} height={y1 - y0} />
      ))}
    </svg>
  );
}

/** Its part of the sheet that all tiles share. */
function Shared({ tile, boxes, sheet }: { tile: Tile; boxes: boolean; sheet: Sheet | null }) {
  const { t } = useWords();
  const found = sheet?.places.get(tile.camera);
  if (!tile.picture) return <span className="tile-none">{t('wall.noPicture')}</span>;
  if (!sheet || !found) return null;
  return (
    <>
      <span className="tile-picture tile-part" data-at={found.at} style={partOf(sheet, found.place)} />
      {/* The list may be older or newer than the sheet: boxes of another moment would point at nobody. */}
      {boxes && found.at === tile.picture.at && <Boxes tile={tile} />}
    </>
  );
}

interface CardProps {
  tile: Tile;
  now: number;
  boxes: boolean;
  /** Null until it is there; undefined while tiles are so large, or so few, that each has its own picture. */
  sheet: Sheet | null | undefined;
  open: (camera: string) => void;
}

export const TileCard = memo(function TileCard({ tile, now, boxes, sheet, open }: CardProps) {
  const { t, kind, name, age } = useWords();
  const { latest } = tile;
  const fresh = latest && now - new Date(latest.started_at).getTime() < GLOW_MS ? latest : null;
  const ill = isIll(tile);
  const picture_ms = tile.picture ? now - new Date(tile.picture.at).getTime() : OLD_MS;
  return (
    <button className="tile" data-camera={tile.camera} data-ill={ill} data-tier={fresh?.tier} onClick={() => open(tile.camera)}>
      {sheet !== undefined ? <Shared tile={tile} boxes={boxes} sheet={sheet} /> : <Live tile={tile} boxes={boxes} />}
      <span className="tile-name">
        <b>{tile.name || tile.camera}</b> {tile.site_name}
      </span>
      {ill && <span className="tile-health">{name('state', tile.state?.state ?? 'unknown')}</span>}
      {latest && (latest.open || fresh) && (
        <span className="tile-event">
          <TierSign tier={latest.tier} size={16} /> {kind(latest.kind)}
        </span>
      )}
      <span className="tile-age" style={{ transform: `scaleX(${Math.min(1, Math.max(0, picture_ms / OLD_MS))})` }} title={tile.picture ? t('wall.age', { age: age(tile.picture.at, now) }) : t('wall.noPicture')} />
    </button>
  );
});
