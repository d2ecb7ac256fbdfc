//! What residents propose: shown once looked at, seconded by homes, put on an agenda, answered.

use linli_access::{Actor, Ctx, Denied};
use linli_council::commands::meetings::{self, NewItem};
use linli_council::commands::proposals::{self, NewProposal, told_by};
use linli_council::model::{Electorate, Kind, Outcome, ProposalId, ProposalState, Shown, Source, Stance};
use linli_council::queries::proposals as looked;
use linli_council::{CouncilError, Wrong};
use linli_db::Db;
use uuid::Uuid;

use crate::house::{House, OTHER, Plan, SECRETARY, STEWARD, act, at};

impl House {
    async fn propose(&self, ctx: &Ctx) -> ProposalId {
        let new = NewProposal {
            place: self.entrance.clone(),
            title: "楼下装个休息椅",
            body: "老人买菜回来没地方坐",
            phone: Some("13900000000".to_owned()),
        };
        act!(self, tx => proposals::propose(ctx, tx, &self.office, &new)).unwrap().0
    }

    async fn state(&self, id: ProposalId) -> (ProposalState, i64) {
        let mut read = self.db.read().await.unwrap();
        let found = looked::one(&self.ctx(SECRETARY), &mut read.conn(), id).await.unwrap().proposal;
        (found.state, found.seconds)
    }

    fn resident(&self) -> Ctx {
        Ctx { actor: Actor::Resident { claim: Uuid::from_u128(9) }, ..self.visitor() }
    }
}

linli_db::both_databases! {
    async fn from_the_board_to_the_agenda(db: Db) {
        let house = House::new(db).await;
        let id = house.propose(&house.visitor()).await;
        assert_eq!(house.state(id).await, (ProposalState::Waiting, 0));
        // Until somebody has looked nobody sees it, and nobody can stand behind it.
        let public = async || looked::public(&mut house.db.read().await.unwrap().conn(), (house.district, &house.community), id).await;
        assert!(matches!(public().await, Err(CouncilError::NotFound)));
        let second = async |ctx: Ctx, home: usize| act!(house, tx => proposals::second(&ctx, tx, id, &house.homes[home]));
        assert!(matches!(second(house.resident(), 0).await, Err(CouncilError::NotFound)));
        let theirs = act!(house, tx => proposals::show(&house.ctx(OTHER), tx, id, ("a", "b"))).unwrap_err();
        assert!(matches!(theirs, CouncilError::NotFound));
        let steward = act!(house, tx => proposals::show(&house.ctx(STEWARD), tx, id, ("a", "b"))).unwrap_err();
        assert!(matches!(steward, CouncilError::Denied(Denied::Forbidden)));
        act!(house, tx => proposals::show(&house.ctx(SECRETARY), tx, id, ("楼下装休息椅", "老人没地方坐"))).unwrap();
        assert_eq!(public().await.unwrap().proposal.title, "楼下装休息椅");
        // A home once: by its claim, or as the steward was told at the door. A visitor could be anybody ten times over.
        assert!(matches!(second(house.visitor(), 0).await, Err(CouncilError::Denied(Denied::Unauthenticated))));
        assert!(second(house.resident(), 0).await.unwrap());
        assert!(!second(house.resident(), 0).await.unwrap());
        let at_the_door = told_by(&house.ctx(STEWARD), "doorstep").unwrap();
        assert!(!second(at_the_door.clone(), 0).await.unwrap(), "the same home on another way");
        assert!(second(at_the_door, 1).await.unwrap());
        assert_eq!(house.state(id).await, (ProposalState::Open, 2));
        let other = act!(house, tx => proposals::second(&house.ctx(SECRETARY), tx, id, &house.estate)).unwrap_err();
        assert!(matches!(other, CouncilError::Field { field: "home", problem: Wrong::NoHome }), "an estate is no home");
        // What is said waits to be looked at; what those say who look is shown.
        let comment = act!(house, tx => proposals::comment(&house.visitor(), tx, &house.office, id, (Stance::For, "支持"))).unwrap();
        assert!(public().await.unwrap().comments.is_empty());
        act!(house, tx => proposals::show_comment(&house.ctx(SECRETARY), tx, id, (comment, Shown::Shown))).unwrap();
        assert_eq!(public().await.unwrap().comments[0].body, "支持");
        // On the agenda, decided, settled.
        let meeting = house.draft(&Plan { kind: Kind::Joint, day: 28, hour: 19 }).await;
        let new = NewItem {
            title: "楼下装休息椅",
            matter: "",
            place: None,
            source: Some((Source::Proposal, id.0)),
            electorate: Electorate::Council,
        };
        let item = act!(house, tx => meetings::add_item(&house.ctx(SECRETARY), tx, meeting, &new)).unwrap();
        assert_eq!(house.state(id).await.0, ProposalState::Listed);
        act!(house, tx => meetings::remove_item(&house.ctx(SECRETARY), tx, meeting, item)).unwrap();
        assert_eq!(house.state(id).await.0, ProposalState::Open, "taken off, it waits again");
        let item = act!(house, tx => meetings::add_item(&house.ctx(SECRETARY), tx, meeting, &new)).unwrap();
        house.call(meeting).await.unwrap();
        house.until(at(28, 19));
        house.hold(meeting).await.unwrap();
        house.decide(meeting, item, Outcome::Agreed).await.unwrap();
        assert_eq!(house.state(id).await.0, ProposalState::Settled);
        assert!(matches!(second(house.resident(), 2).await, Err(CouncilError::NoStep)), "it has its result");
        house.whole().await;
    }

    async fn declined_with_a_reason_and_the_words_stay_away(db: Db) {
        let house = House::new(db).await;
        let id = house.propose(&house.visitor()).await;
        let silent = act!(house, tx => proposals::decline(&house.ctx(SECRETARY), tx, id, " ")).unwrap_err();
        assert!(matches!(silent, CouncilError::Field { field: "reason", problem: Wrong::Required }));
        act!(house, tx => proposals::decline(&house.ctx(SECRETARY), tx, id, "已在改造计划里")).unwrap();
        let file = looked::public(&mut house.db.read().await.unwrap().conn(), (house.district, &house.community), id).await.unwrap();
        assert_eq!((file.proposal.answer.as_str(), file.proposal.title.as_str(), file.proposal.body.as_str()), ("已在改造计划里", "", ""));
        // The telephone lies sealed; who looks is written down, and the journal has neither number nor words.
        let phone = act!(house, tx => proposals::contact(&house.ctx(SECRETARY), tx, &house.office, id)).unwrap();
        assert_eq!((phone.as_str(), house.lines("council.contact_seen").await.len()), ("13900000000", 1));
        for line in house.lines("council.proposed").await {
            assert!(!line.facts().to_string().contains("1390") && !line.facts().to_string().contains("椅"));
        }
        let steward = act!(house, tx => proposals::contact(&house.ctx(STEWARD), tx, &house.office, id)).unwrap_err();
        assert!(matches!(steward, CouncilError::Denied(Denied::Forbidden)));
        house.whole().await;
    }

    async fn told_to_a_steward_it_is_the_same(db: Db) {
        let house = House::new(db).await;
        let told = told_by(&house.ctx(STEWARD), "paper").unwrap();
        assert!(matches!(told_by(&house.ctx(STEWARD), "web"), Err(CouncilError::Field { field: "told_by", .. })));
        let id = house.propose(&told).await;
        assert_eq!(house.state(id).await.0, ProposalState::Waiting);
        let new = NewProposal { place: house.estate.clone(), title: "x", body: "y", phone: None };
        let elsewhere = act!(house, tx => proposals::propose(&told, tx, &house.office, &new)).unwrap_err();
        assert!(matches!(elsewhere, CouncilError::Denied(Denied::Forbidden)), "who answers for a door writes down what is said there");
        let line = &house.lines("council.proposed").await[0];
        assert_eq!(line.channel, "paper");
        // What the secretary writes down needs no second look.
        let own = house.propose(&told_by(&house.ctx(SECRETARY), "phone").unwrap()).await;
        assert_eq!(house.state(own).await.0, ProposalState::Open);
        house.whole().await;
    }
}
