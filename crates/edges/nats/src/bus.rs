//! The broker: what lies in it, and how it is asked.

use std::time::Duration;

use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, PullConsumer, pull};
use async_nats::jetstream::context::{PublishError, PublishErrorKind};
use async_nats::jetstream::kv::Store;
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::stream::{self, LastRawMessageErrorKind, Stream};
use async_nats::jetstream::{self, Context};
use linli_watch::{Shard, Shards};

use crate::error::NatsError;
use crate::wire::Marks;

const SIGNS: &str = "LINLI_SIGNS";
const MARKS: &str = "LINLI_MARKS";
const OWNERS: &str = "LINLI_OWNERS";
/// The key that says into how many parts the numbers are split.
const SPLIT: &str = "split";
/// A message that is published again within this time is the same message.
const SAME: Duration = Duration::from_secs(120);
/// How long the broker is waited for; a new leader takes five to six seconds.
const PATIENCE: Duration = Duration::from_secs(8);
/// Messages that an owner may have before it says that they are on disk: as many as there are, because it reads all of them before it begins.
const UNSAID: i64 = -1;

/// How the processes of an installation work together. All of them must be told the same.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Where the brokers are: `nats://host:4222`, several with commas between.
    pub servers: String,
    /// The name of this process, for ever the same: letters, digits, `-` and `_`.
    pub name: String,
    /// Into how many parts the numbers are split.
    pub shards: Shards,
    /// On how many brokers everything lies: 3, or 1 where there is one.
    pub copies: usize,
    /// After how long without a sign of a process its parts are taken by others. It gives them up itself after two thirds of it.
    pub lease: Duration,
    /// How often a process says that it lives, and looks at what there is to do.
    pub beat: Duration,
    /// How often marks are written, and how long signs lie in the stream at most when all goes well.
    pub mark_every: Duration,
    /// How long signs lie in the stream at most in any case: as long as in the log of an engine.
    pub keep_signs: Duration,
}

impl Plan {
    /// The usual times: a lease of 15 seconds, a beat every 3, marks every 5 minutes, signs for 15 minutes at most.
    #[must_use]
    pub fn new(servers: &str, name: &str) -> Self {
        Self {
            servers: servers.to_owned(),
            name: name.to_owned(),
            shards: Shards::CITY,
            copies: 3,
            lease: Duration::from_secs(15),
            beat: Duration::from_secs(3),
            mark_every: Duration::from_secs(300),
            keep_signs: Duration::from_secs(900),
        }
    }
}

/// The way to the broker.
#[derive(Debug, Clone)]
pub struct Bus {
    pub(crate) client: async_nats::Client,
    context: Context,
    signs: Stream,
    marks: Stream,
    pub(crate) owners: Store,
}

impl Bus {
    /// Connects, and makes what is not there yet.
    ///
    /// # Errors
    /// Brokers that cannot be reached or have too few copies; an installation that is split into another number of parts.
    pub async fn open(plan: &Plan) -> Result<Self, NatsError> {
        let options = async_nats::ConnectOptions::new().name(&plan.name).request_timeout(Some(PATIENCE));
        let servers: Vec<&str> = plan.servers.split(',').map(str::trim).collect();
        let client = options.connect(servers).await.map_err(|error| NatsError::broker("connect", error))?;
        let mut context = jetstream::new(client.clone());
        context.set_timeout(PATIENCE);
        let signs = stream::Config {
            name: SIGNS.to_owned(),
            description: Some("Signs of life on their way to the owner of their part".to_owned()),
            subjects: vec!["linli.signs.*".to_owned()],
            max_age: plan.keep_signs,
            duplicate_window: SAME.min(plan.keep_signs),
            num_replicas: plan.copies,
            ..stream::Config::default()
        };
        let marks = stream::Config {
            name: MARKS.to_owned(),
            description: Some("For each part the second from which the silence of each person is counted".to_owned()),
            subjects: vec!["linli.marks.*".to_owned()],
            max_messages_per_subject: 1,
            num_replicas: plan.copies,
            ..stream::Config::default()
        };
        // A bucket is a stream of this shape. It is made as one because the client asks, before it makes a bucket, something that a broker before
        // 2.10 does not answer; and without direct reading, so that the leader is asked and nobody who lags behind.
        let owners = stream::Config {
            name: format!("KV_{OWNERS}"),
            description: Some("Who lives, and who owns which part of the watch".to_owned()),
            subjects: vec![format!("$KV.{OWNERS}.>")],
            max_messages_per_subject: 1,
            allow_rollup: true,
            deny_delete: true,
            num_replicas: plan.copies,
            ..stream::Config::default()
        };
        let made = |error| NatsError::broker("make a stream", error);
        context.get_or_create_stream(owners).await.map_err(made)?;
        let bus = Self {
            signs: context.get_or_create_stream(signs).await.map_err(made)?,
            marks: context.get_or_create_stream(marks).await.map_err(made)?,
            owners: context.get_key_value(OWNERS).await.map_err(|error| NatsError::broker("open the bucket of owners", error))?,
            client,
            context,
        };
        bus.agree_on(plan.shards).await?;
        Ok(bus)
    }

    /// The number of parts is written down by whoever comes first.
    async fn agree_on(&self, shards: Shards) -> Result<(), NatsError> {
        // Who else writes it at this moment is read below.
        let _ = self.owners.update(SPLIT, shards.many().to_string().into(), 0).await;
        let there = self.owners.get(SPLIT).await.map_err(|error| NatsError::broker("read the number of parts", error))?;
        let there = there.and_then(|bytes| String::from_utf8_lossy(&bytes).parse().ok()).unwrap_or_default();
        if there == shards.many() { Ok(()) } else { Err(NatsError::Shards { there, asked: shards.many() }) }
    }

    /// Publishes signs; done when the brokers have them. Published again under the same id it is the same message.
    pub(crate) async fn publish(&self, shard: Shard, id: &str, answer: &str, signs: Vec<u8>) -> Result<(), NatsError> {
        let message = PublishMessage::build().payload(signs.into()).message_id(id).header(crate::door::ANSWER, answer);
        let sent = self.context.send_publish(signs_of(shard), message).await.map_err(published)?;
        sent.await.map(drop).map_err(published)
    }

    /// The messages of a part behind one, as a consumer of our own: another process that believes it owns the part takes nothing away.
    pub(crate) async fn follow(&self, shard: Shard, behind: u64) -> Result<pull::Stream, NatsError> {
        let asked = |error: &dyn std::fmt::Display| NatsError::broker("follow a part", error);
        let config = pull::Config {
            deliver_policy: DeliverPolicy::ByStartSequence { start_sequence: behind + 1 },
            ack_policy: AckPolicy::All,
            ack_wait: Duration::from_secs(30),
            max_ack_pending: UNSAID,
            filter_subject: signs_of(shard),
            inactive_threshold: Duration::from_secs(120),
            ..pull::Config::default()
        };
        let consumer: PullConsumer = self.signs.create_consumer(config).await.map_err(|error| asked(&error))?;
        // A broker that is older than the client passes over in silence what it does not know.
        if consumer.cached_info().config.filter_subject != signs_of(shard) {
            return Err(NatsError::broker("follow a part", "it would send the signs of all parts"));
        }
        let stream =
            consumer.stream().max_messages_per_batch(512).expires(Duration::from_secs(30)).heartbeat(Duration::from_secs(5));
        stream.messages().await.map_err(|error| asked(&error))
    }

    /// The number of the last message of a part; 0 when there is none.
    pub(crate) async fn last(&self, shard: Shard) -> Result<u64, NatsError> {
        match self.signs.get_last_raw_message_by_subject(&signs_of(shard)).await {
            Ok(message) => Ok(message.sequence),
            Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => Ok(0),
            Err(error) => Err(NatsError::broker("find the end of a part", error)),
        }
    }

    /// The marks of a part, and the number of their message. What cannot be read counts as none, and says so.
    pub(crate) async fn read_marks(&self, shard: Shard) -> Result<(u64, Option<Marks>), NatsError> {
        match self.marks.get_last_raw_message_by_subject(&marks_of(shard)).await {
            Ok(message) => {
                let marks = Marks::of_bytes(&message.payload);
                if marks.is_none() {
                    tracing::error!(part = shard.0, "the marks of a part cannot be read: its people are counted from now");
                }
                Ok((message.sequence, marks))
            }
            Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => Ok((0, None)),
            Err(error) => Err(NatsError::broker("read marks", error)),
        }
    }

    /// Writes marks in the place of those that lie in this message; gives the number of the new one.
    pub(crate) async fn write_marks(&self, shard: Shard, instead: u64, marks: &Marks) -> Result<u64, NatsError> {
        let message = PublishMessage::build().payload(marks.to_bytes().into()).expected_last_subject_sequence(instead);
        let sent = self.context.send_publish(marks_of(shard), message).await.map_err(published)?;
        sent.await.map(|done| done.sequence).map_err(published)
    }

    /// Removes the signs of a part up to a message: they are in its marks.
    pub(crate) async fn forget_signs(&self, shard: Shard, until: u64) -> Result<(), NatsError> {
        let purge = self.signs.purge().filter(signs_of(shard)).sequence(until + 1);
        purge.await.map(drop).map_err(|error| NatsError::broker("remove signs", error))
    }
}

fn published(error: PublishError) -> NatsError {
    match error.kind() {
        PublishErrorKind::WrongLastSequence => NatsError::Fenced,
        _ => NatsError::broker("publish", error),
    }
}

fn signs_of(shard: Shard) -> String {
    format!("linli.signs.{}", shard.0)
}

fn marks_of(shard: Shard) -> String {
    format!("linli.marks.{}", shard.0)
}
