//! The ticket table under the model checker: answers, news, flushes, signs of life and what this process does itself, in
//! every order.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Weak,
        atomic::{AtomicU64 as Plain, Ordering::SeqCst},
    },
    time::Duration,
};

use super::Tickets;
use crate::{
    backend::{NearSink, NodeId},
    cache::Time,
    clock::{Chores, Clock, Moment},
    identity::Identity,
    local::{Draft, Entry, Schema},
    stamp::moved,
    sync::{Mutex, lock, thread},
};

const NODE: NodeId = NodeId(7);
const NAME: &str = "ec:v:{key}";
const B: Duration = Duration::from_secs(3);

/// What the server has, and has sent.
#[derive(Debug, Default)]
struct Server {
    commit: u64,
    is_tracked: bool,
    sent: VecDeque<Message>,
}

#[derive(Debug)]
enum Message {
    /// With the commit that it is about.
    Lost(u64),
    Answer,
    Pong(Moment),
}

/// Tells what it is told to. The checker sees no time.
#[derive(Debug)]
struct Watch(Plain);

impl Clock for Watch {
    fn now(&self) -> Moment {
        Moment::ORIGIN.after(Duration::from_secs(self.0.load(SeqCst)))
    }

    fn attend(&self, _: Weak<dyn Chores>) {}
}

struct World {
    clock: Arc<Watch>,
    tickets: Arc<Tickets>,
    server: Mutex<Server>,
    /// One at a time takes what arrives to the table.
    postman: Mutex<()>,
    kept: Mutex<Option<Arc<Entry<u64>>>>,
    /// The newest commit that this process has invalidated, and that has been told by the server.
    own: Plain,
    told: Plain,
    /// The newest commit that another process has invalidated, and when that had returned.
    elsewhere: std::sync::Mutex<Vec<(u64, Moment)>>,
}

impl World {
    fn new() -> Arc<Self> {
        let clock = Arc::new(Watch(Plain::new(100)));
        let tickets = Tickets::new("ec", Time::Other(clock.clone()), B);
        tickets.fresh(NODE, tickets.now());
        Arc::new(Self {
            clock,
            tickets,
            server: Mutex::new(Server::default()),
            postman: Mutex::new(()),
            kept: Mutex::new(None),
            own: Plain::new(0),
            told: Plain::new(0),
            elsewhere: std::sync::Mutex::default(),
        })
    }

    /// Takes what has arrived to the table, in its order.
    fn deliver(&self) {
        let _no_other = lock(&self.postman);
        loop {
            let message = lock(&self.server).sent.pop_front();
            match message {
                None => return,
                Some(Message::Answer) => {}
                Some(Message::Pong(asked)) => self.tickets.fresh(NODE, asked),
                Some(Message::Lost(commit)) => {
                    self.tickets.lost(NAME);
                    self.told.fetch_max(commit, SeqCst);
                }
            }
        }
    }

    /// Reads and keeps.
    fn read(&self, asks_before: bool) {
        let ticket = self.tickets.take();
        let early = asks_before.then(|| self.tickets.stamp(NAME));
        let commit = {
            let mut server = lock(&self.server);
            server.is_tracked = true;
            server.sent.push_back(Message::Answer);
            server.commit
        };
        self.deliver();
        let stamps = [early.unwrap_or_else(|| self.tickets.stamp(NAME))];
        let Some(nodes) = self.tickets.nodes(&[NODE], ticket) else { return };
        if moved(&stamps, ticket.born).is_some() {
            return;
        }
        let draft = Draft {
            identity: Identity::new("key".to_owned(), Vec::new()).expect("it can be used"),
            schema: Schema::default(),
            stamps: Box::new(stamps),
            nodes,
            born: ticket.born,
            expires: Moment::NEVER,
            later: None,
            weight: 0,
            value_of: None,
            stored: ticket.at,
        };
        *lock(&self.kept) = Some(Arc::new(Entry::new(draft, commit)));
    }

    /// Serves what is kept, if it may be served.
    fn hit(&self) {
        let now = self.clock.now();
        let elsewhere = self.elsewhere.lock().unwrap().clone();
        let old = elsewhere.iter().filter(|(_, at)| at.after(B) <= now).map(|(commit, _)| *commit).max();
        let (own, told) = (self.own.load(SeqCst), self.told.load(SeqCst));
        let Some(entry) = lock(&self.kept).clone() else { return };
        let entry: Arc<Entry> = entry;
        if let Ok(&commit) = entry.serve::<u64>(now) {
            assert!(commit >= own, "RYI: {commit} is served after this process has invalidated {own}");
            assert!(commit >= told, "{commit} is served after {told} was told");
            assert!(commit >= old.unwrap_or(0), "B: {commit} is served long after {old:?}");
        }
    }

    fn write(&self, commit: u64) {
        let mut server = lock(&self.server);
        server.commit = server.commit.max(commit);
        if std::mem::take(&mut server.is_tracked) {
            server.sent.push_back(Message::Lost(commit));
        }
    }
}

/// What one thread does.
type Act = fn(&World);

fn read(world: &World) {
    world.read(true);
    world.hit();
}

fn read_late(world: &World) {
    world.read(false);
    world.hit();
}

fn hit(world: &World) {
    world.hit();
    world.hit();
}

fn deliver(world: &World) {
    world.deliver();
}

fn own(world: &World) {
    world.tickets.lose(NAME);
    world.write(1);
    world.tickets.lose(NAME);
    world.own.fetch_max(1, SeqCst);
    world.hit();
}

fn foreign(world: &World) {
    world.write(2);
    let now = world.clock.now();
    world.elsewhere.lock().unwrap().push((2, now));
}

fn cut(world: &World) {
    {
        let _no_other = lock(&world.postman);
        let mut server = lock(&world.server);
        server.is_tracked = false;
        server.sent.clear();
        drop(server);
        world.tickets.flush(NODE);
    }
    beat(world);
}

fn beat(world: &World) {
    let asked = world.tickets.now();
    thread::yield_now();
    lock(&world.server).sent.push_back(Message::Pong(asked));
    world.deliver();
    world.hit();
}

fn wait(world: &World) {
    for _ in 0..4 {
        thread::yield_now();
        world.clock.0.fetch_add(1, SeqCst);
    }
    world.hit();
}

fn collect(world: &World) {
    *lock(&world.kept) = None;
    world.tickets.collect();
}

fn play(before: &[Act], acts: &'static [Act]) {
    let world = World::new();
    before.iter().for_each(|act| act(&world));
    let threads = acts.iter().map(|act| {
        let world = Arc::clone(&world);
        thread::spawn(move || act(&world))
    });
    threads.collect::<Vec<_>>().into_iter().for_each(|thread| thread.join().unwrap());
    world.hit();
}

/// What happens one after another, and then at once.
macro_rules! models {
    ($($name:ident: [$($before:ident),*] then [$($act:ident),*];)*) => { $(
        #[test]
        fn $name() {
            const ACTS: &[Act] = &[$($act),*];
            shuttle::check_random(|| play(&[$($before),*], ACTS), 5_000);
            shuttle::check_pct(|| play(&[$($before),*], ACTS), 3_000, 3);
        }
    )* };
}

models! {
    news_and_answers: [] then [read, foreign, deliver, hit];
    news_and_answers_of_names_that_nobody_knew: [] then [read_late, foreign, deliver, hit, collect];
    own_invalidations: [] then [read, own, hit, deliver];
    own_invalidations_of_names_that_nobody_knew: [] then [read_late, read_late, own, collect];
    lost_connections: [] then [read, foreign, cut, hit];
    silence: [] then [read, foreign, wait, beat, hit];
    silence_that_ends: [read, foreign, wait] then [hit, beat, hit];
    silence_and_lost_connections: [read] then [foreign, wait, cut];
    everything: [] then [read, own, foreign, cut, beat, hit];
}
