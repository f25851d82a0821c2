/** Suppliers: every site that a pre-inspection decides about, whether it may supply, and until when. */
import { format } from '../core/route';
import { follow } from '../shell/header';
import { Empty, Failure, Loading } from '../shell/states';
import { useWords } from '../words';
import { useSuppliers } from './data';
import { Admission } from './parts';

export function Suppliers({ acts }: { acts: boolean }) {
  const { t } = useWords();
  const { found, suppliers } = useSuppliers();
  if (found.isPending) return <Loading />;
  if (found.isError && !found.data) return <Failure error={found.error} retry={() => void found.refetch()} />;
  if (suppliers.length === 0) return <Empty title={t('suppliers.none')} help={t('suppliers.noneHelp')} />;
  return (
    <>
      <ul className="suppliers">
        {suppliers.map((site) => (
          <li key={site.id} className="supplier" data-site={site.id} data-may={site.may_supply}>
            <p className="row">
              <strong>{site.name}</strong>
              <span className="tag">{t(site.may_supply ? 'supply.may' : 'supply.mayNot')}</span>
              <span className="row push">
                <a href={format('inspections', { site: site.id })} onClick={follow}>
                  {t('suppliers.past')}
                </a>
                {acts && (
                  <a href={format('inspections', { new: '1', site: site.id })} onClick={follow}>
                    {t('suppliers.again')}
                  </a>
                )}
              </span>
            </p>
            <ul>
              {site.admissions.map((each) => (
                <Admission key={each.list} told={each} zone={site.time_zone} />
              ))}
            </ul>
          </li>
        ))}
      </ul>
      {found.hasNextPage && (
        <button className="button queue-more" disabled={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
          {t('queue.more')}
        </button>
      )}
    </>
  );
}
