//! Any order of publishing and sealing gives one log: what is proven by the store is proven by RFC 9162, and what was ever signed it still begins with.

use linli_db::testing::TestDb;
use linli_publiclog::{Checkpoint, Log, audit, leaf_hash, verify_consistency, verify_inclusion};
use linli_record::queries;
use proptest::prelude::*;

use crate::house::{HERE, House, LOG};

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn every_entry_is_proven_and_every_checkpoint_kept(portions in prop::collection::vec(1_u128..400, 1..8), asked in any::<u64>()) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let test = TestDb::sqlite().await;
            let house = House::new(test.db.clone()).await;
            let (mut made, mut signed) = (0, Vec::<Checkpoint>::new());
            for portion in portions {
                house.publish_many(made..made + portion).await;
                made += portion;
                house.seal().await.unwrap();
                let head = house.head(LOG).await;
                signed.push(Checkpoint::open(head.note.as_bytes(), &Log::of(head.key.parse().unwrap())).unwrap());
            }
            let head = house.head(LOG).await;
            let mut read = house.db.read().await.unwrap();
            let c = &mut read.conn();
            for before in &signed {
                let (_, proof) = queries::consistency(c, LOG, before.size).await.unwrap();
                verify_consistency(before.size, &before.root, head.size, &head.root, &proof).unwrap();
            }
            for number in [0, asked % head.size, head.size - 1] {
                let id = queries::numbered(c, LOG, number).await.unwrap().unwrap();
                let proven = queries::proof(c, HERE, id).await.unwrap();
                verify_inclusion(&leaf_hash(&proven.bytes), number, head.size, &proven.proof, &head.root).unwrap();
            }
            drop(read);
            let log = Log::of(head.key.parse().unwrap());
            audit(&mut house.files(LOG).await, &log, &signed, |_, _| ()).unwrap();
            assert_eq!(house.check().await, Vec::<String>::new());
        });
    }
}
