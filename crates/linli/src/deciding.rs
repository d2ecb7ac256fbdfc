//! What is decided together: meetings, owners' votes, lifts. The offices of the three rooms, and where they plug into the house.

use std::sync::Arc;

use anyhow::Context as _;
use linli_ballot::{BallotOffice, VotesOnBoard};
use linli_board::BoardSection;
use linli_cases::{CasesOnBoard, Office};
use linli_council::{CouncilOffice, MeetingsOnBoard};
use linli_hall::{Hall, Services};
use linli_identity::vault::Vault;
use linli_jobs::Worker;
use linli_retrofit::{LiftOffice, LiftsOnBoard};
use linli_rulebook::{RuleError, Rulebook, SharedRulebook};
use linli_settings::Standing;
use linli_webkit::Module;

use crate::jobs::{Chore, for_districts};

/// The offices.
#[derive(Debug, Clone)]
pub struct Deciding {
    /// Of meetings.
    pub council: Arc<CouncilOffice>,
    /// Of votes.
    pub ballots: Arc<BallotOffice>,
    /// Of lifts and renovation.
    pub lifts: Arc<LiftOffice>,
}

impl Deciding {
    /// The offices over the book and the calendar in force.
    ///
    /// # Errors
    /// When the shipped rules of one of them do not hold together.
    pub fn new(book: &SharedRulebook, vault: &Vault, (office, standing): (&Arc<Office>, &Arc<Standing>)) -> anyhow::Result<Self> {
        let calendar = || {
            let standing = Arc::clone(standing);
            move || standing.calendar()
        };
        let council =
            CouncilOffice::new(book.clone(), vault.clone(), Arc::clone(office)).context("the shipped rules of meetings")?;
        let ballots = BallotOffice::new(book.clone(), vault.clone(), calendar()).context("the shipped rules of votes")?;
        let lifts = LiftOffice::new(book.clone(), vault.clone(), calendar()).context("the shipped rules of lifts")?;
        Ok(Self { council: Arc::new(council), ballots: Arc::new(ballots), lifts: Arc::new(lifts) })
    }

    /// Puts the offices among the services.
    #[must_use]
    pub fn among(&self, services: Services) -> Services {
        services.with(Arc::clone(&self.council)).with(Arc::clone(&self.ballots)).with(Arc::clone(&self.lifts))
    }

    /// The jobs: months without a meeting, votes whose time is over.
    pub fn jobs(&self, worker: Worker) -> Worker {
        let (council, ballots) = (Arc::clone(&self.council), Arc::clone(&self.ballots));
        worker
            .every("council.months", 3600, move |ctx, db, _| {
                let council = Arc::clone(&council);
                async move { Ok(for_districts(&ctx, &db, Chore::Months(council)).await?) }
            })
            .clock("ballot.close", 60, move |ctx, db, _| {
                let ballots = Arc::clone(&ballots);
                async move { Ok(for_districts(&ctx, &db, Chore::Votes(ballots)).await?) }
            })
    }
}

/// What stands on a board: the next meeting and the running vote above what is being mended, the lifts under it.
pub fn sections(office: &Arc<Office>) -> Vec<Arc<dyn BoardSection>> {
    vec![Arc::new(MeetingsOnBoard), Arc::new(VotesOnBoard), Arc::new(CasesOnBoard(Arc::clone(office))), Arc::new(LiftsOnBoard)]
}

/// The packs of rules that ship with these rooms.
pub fn packs() -> impl Iterator<Item = (&'static str, &'static str)> {
    linli_council::rules::PACKS.into_iter().chain(linli_ballot::rules::PACKS).chain(linli_retrofit::rules::PACKS)
}

/// Reads them as their types.
pub fn check(book: &Rulebook) -> Result<(), RuleError> {
    CouncilOffice::check(book)?;
    BallotOffice::check(book)?;
    LiftOffice::check(book)
}

/// The rooms, in the order of the house.
pub fn rooms() -> [Module<Hall>; 3] {
    [linli_council::module(), linli_ballot::module(), linli_retrofit::module()]
}
