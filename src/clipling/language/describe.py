"""One sentence a class from a language model: asked, checked, asked again until it will do.

A source only has to answer messages; questions, checks, concurrency and the memory of what was answered are the same
for all of them.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Protocol, runtime_checkable

from clipling.language.describe_answers import AnswerCheck, tidy
from clipling.language.journal import Answer, Journal
from clipling.language.templates import filled

Message = dict[str, str]
"""A `role` (user or assistant) and its `content`, as chat models take them."""


@runtime_checkable
class Source(Protocol):
    """A language model, wherever it runs. Called from several threads at once."""

    def ask(self, messages: Sequence[Message]) -> str:
        """Its answer. Raises NoAnswerError where another try may bring one, CutOffError with what there is of one,
        RefusedError where none can to this question, InputError where none can to any.
        """
        ...


class NoAnswerError(Exception):
    """What came back is no answer: not in the agreed form."""


class CutOffError(Exception):
    """The answer ended at a limit of tokens, in the middle of a sentence: it was given, but will not do."""

    def __init__(self, text: str) -> None:
        super().__init__("the answer was cut off at the limit of tokens")
        self.text = text


class RefusedError(Exception):
    """The question is refused, and would be again; others may be answered."""


@dataclass
class Described:
    """What came of asking: the description of each class, or why it has none, and how often the model was asked."""

    texts: dict[str, Answer] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    asked: int = 0


class Interview:
    """Puts one instruction to one source about the classes of a data set."""

    def __init__(
        self, source: Source, instruction: str, names: Mapping[str, str], check: AnswerCheck, journal: Journal
    ) -> None:
        """names: from class to the name that stands for it in the instruction."""
        self._source, self._instruction, self._names = source, instruction, names
        self._check, self._journal = check, journal
        self._checking, self._stopped = Lock(), Event()
        self.done = Described()

    def hold(
        self,
        known: Mapping[str, Answer],
        *,
        concurrency: int,
        attempts: int,
        progress: Callable[[int, int], None] | None = None,
        stopping: Callable[[], None] | None = None,
    ) -> Described:
        """Ask until every class has a description that passes, or was asked `attempts` times in vain.

        known: descriptions there already, which are checked like answers, but not asked for. Ctrl-C, or a source that
        cannot answer at all, ends it once the answers under way have come, and been kept; `stopping` is told before.
        """
        with ThreadPoolExecutor(concurrency) as pool:
            about = {pool.submit(self._describe, label, known.get(label), attempts): label for label in self._names}
            try:
                for count, future in enumerate(as_completed(about), 1):
                    label, said = about[future], future.result()
                    if isinstance(said, Answer):
                        self.done.texts[label] = said
                    else:
                        self.done.failed[label] = said
                    if progress:
                        progress(count, len(about))
            except BaseException:
                self._stopped.set()
                pool.shutdown(wait=False, cancel_futures=True)
                if stopping:
                    stopping()
                raise
        return self.done

    def _describe(self, label: str, known: Answer | None, attempts: int) -> Answer | str:
        """The description of a class, or what was wrong with the last answer."""
        question = filled(self._instruction, self._names[label])
        opening: Message = {"role": "user", "content": question}
        before = iter([*([known] if known else []), *self._journal.answers(label, question)])
        messages, wrong, asked = [opening], "", 0
        while asked < attempts and not self._stopped.is_set():
            answer = next(before, None)
            if answer is None:
                asked += 1
                try:
                    answer = self._ask(label, question, messages)
                except NoAnswerError as nothing:
                    wrong = str(nothing)
                    continue
                except RefusedError as refusal:
                    return str(refusal)
                except BaseException:
                    self._stopped.set()  # at once, before this thread takes up the next class
                    raise
            with self._checking:  # tokenizers are not made for several threads
                complaint = self._check.complaint(label, answer.text, whole=answer.whole)
            if complaint is None:
                return answer
            wrong = complaint
            messages = [opening, *_remark(answer.text, wrong)]
        return wrong

    def _ask(self, label: str, question: str, messages: Sequence[Message]) -> Answer:
        with self._checking:
            self.done.asked += 1
        try:
            return self._journal.add(label, question, tidy(self._source.ask(messages)))
        except CutOffError as begun:
            return self._journal.add(label, question, tidy(begun.text), whole=False)


def _remark(text: str, wrong: str) -> list[Message]:
    """What follows the question after an answer that will not do; endpoints refuse empty messages."""
    said = [{"role": "assistant", "content": text}] if text else []
    return [*said, {"role": "user", "content": wrong}]
