use std::{
    sync::{
        Barrier,
        atomic::{AtomicU32, Ordering},
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::Duration,
};

use easycache::ecached;

/// How long a test waits for what must come.
const DEADLINE: Duration = Duration::from_secs(30);

#[test]
fn sixty_four_callers_of_one_cold_key_share_one_computation() {
    static COMPUTED: AtomicU32 = AtomicU32::new(0);
    static START: Barrier = Barrier::new(64);

    #[ecached("coalesce:{id}")]
    fn load(id: u32) -> u32 {
        // Long enough that all have come; that they have not is no failure, for they would hit.
        for _ in 0..1_000 {
            thread::yield_now();
        }
        id + COMPUTED.fetch_add(1, Ordering::SeqCst)
    }
    thread::scope(|scope| {
        let call = || {
            START.wait();
            load(7)
        };
        let callers = (0..64).map(|_| scope.spawn(call)).collect::<Vec<_>>();
        assert!(callers.into_iter().all(|caller| caller.join().unwrap() == 7));
    });
    assert_eq!(COMPUTED.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn sixty_four_tasks_share_one_computation() {
    static COMPUTED: AtomicU32 = AtomicU32::new(0);

    #[ecached("coalesce-async:{id}")]
    async fn load(id: u32) -> u32 {
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        id + COMPUTED.fetch_add(1, Ordering::SeqCst)
    }
    let tasks = (0..64).map(|_| tokio::spawn(load(7))).collect::<Vec<_>>();
    for task in tasks {
        assert_eq!(task.await.unwrap(), 7);
    }
    assert_eq!(COMPUTED.load(Ordering::SeqCst), 1);
}

#[test]
fn off_lets_every_caller_compute_for_itself() {
    static MEET: Barrier = Barrier::new(2);

    #[ecached("coalesce-off:{id}", coalesce = "off")]
    fn load(id: u32) -> u32 {
        // Passes only if both compute at the same time.
        MEET.wait();
        id
    }
    let (done, wait) = mpsc::channel();
    thread::spawn(move || {
        thread::scope(|scope| {
            scope.spawn(|| load(1));
            load(1);
        });
        done.send(()).unwrap();
    });
    assert_ne!(wait.recv_timeout(DEADLINE), Err(RecvTimeoutError::Timeout));
}
