//! Questions that come at the same time are asked of the store together.

use crate::Result;
use ground::Problem;
use std::sync::Mutex;
use tokio::sync::oneshot;
use tokio::sync::oneshot::error::TryRecvError;

/// Questions of one kind on their way to the store: while one asking is under way, those that come wait and are the next
/// one. Who asks alone waits for nobody; a thousand who ask at once ask a few times, each time for many.
pub struct Together<Q, A> {
    waiting: Mutex<Vec<(Q, oneshot::Sender<A>)>>,
    turn: tokio::sync::Mutex<()>,
}

impl<Q, A> Default for Together<Q, A> {
    fn default() -> Self {
        Together { waiting: Mutex::default(), turn: tokio::sync::Mutex::default() }
    }
}

impl<Q: Clone, A> Together<Q, A> {
    /// The answer to a question. `ask` answers at most `most` questions, each in its place. Where an asking fails, or whoever
    /// did it went away, its questions are asked one by one: what spoils one answer does not spoil its neighbours'.
    ///
    /// # Errors
    /// What `ask` says of this question alone.
    pub async fn ask<F>(&self, question: Q, most: usize, ask: impl Fn(Vec<Q>) -> F) -> Result<A>
    where
        F: Future<Output = Result<Vec<A>>>,
    {
        let (sender, mut answer) = oneshot::channel();
        self.waiting().push((question.clone(), sender));
        let turn = self.turn.lock().await;
        loop {
            match answer.try_recv() {
                Ok(answer) => return Ok(answer),
                Err(TryRecvError::Closed) => break,
                Err(TryRecvError::Empty) => {}
            }
            let asked: Vec<_> = {
                let mut waiting = self.waiting();
                let count = waiting.len().min(most.max(1));
                waiting.drain(..count).collect()
            };
            let questions = asked.iter().map(|(question, _)| question.clone()).collect();
            // Whose answer is missing sees its sender dropped.
            for ((_, sender), answer) in asked.into_iter().zip(ask(questions).await.unwrap_or_default()) {
                let _ = sender.send(answer); // who asked may have gone away
            }
        }
        drop(turn);
        let alone = ask(vec![question]).await?;
        alone.into_iter().next().ok_or_else(|| Problem::internal("a question was left without an answer"))
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, Vec<(Q, oneshot::Sender<A>)>> {
        self.waiting.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    async fn twice(asked: &AtomicUsize, questions: Vec<u32>) -> Result<Vec<u32>> {
        asked.fetch_add(1, Ordering::Relaxed);
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        if questions.contains(&13) {
            return Err(Problem::internal("13"));
        }
        Ok(questions.iter().map(|question| question * 2).collect())
    }

    #[tokio::test]
    async fn those_who_come_meanwhile_are_asked_for_together_and_each_gets_its_own_answer() {
        let (together, asked) = (Together::<u32, u32>::default(), AtomicUsize::new(0));
        let all = (20..120).map(|n| together.ask(n, 40, |questions| twice(&asked, questions)));
        let answers = futures::future::join_all(all).await;
        let answers: Vec<u32> = answers.into_iter().map(|answer| answer.unwrap()).collect();
        assert_eq!(answers, (20..120).map(|n| n * 2).collect::<Vec<_>>());
        assert_eq!(asked.load(Ordering::Relaxed), 4, "the first alone, then 40, 40 and 19");
    }

    #[tokio::test]
    async fn a_question_that_fails_fails_alone() {
        let (together, asked) = (Together::<u32, u32>::default(), AtomicUsize::new(0));
        let all = (10..20).map(|n| together.ask(n, 40, |questions| twice(&asked, questions)));
        for (n, answer) in (10..20).zip(futures::future::join_all(all).await) {
            assert_eq!(answer.ok(), (n != 13).then_some(n * 2));
        }
    }

    async fn some_turns() {
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn whoever_went_away_while_asking_leaves_nobody_without_an_answer() {
        let (together, asked) = (Together::<u32, u32>::default(), AtomicUsize::new(0));
        let first = together.ask(1, 40, |questions| twice(&asked, questions));
        let never = together.ask(2, 40, |_| std::future::pending::<Result<Vec<u32>>>());
        let third = together.ask(3, 40, |questions| twice(&asked, questions));
        // The second takes the third's question with its own, and is gone before it has an answer.
        let never = async {
            tokio::select! {
                _ = never => unreachable!("it never ends"),
                () = some_turns() => {}
            }
        };
        let (first, (), third) = tokio::join!(first, never, third);
        assert_eq!((first.unwrap(), third.unwrap()), (2, 6));
        assert_eq!(asked.load(Ordering::Relaxed), 2);
    }
}
