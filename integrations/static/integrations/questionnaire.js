// Shows a question only while the answer that it depends on makes it needed.
const form = document.querySelector('form.questionnaire')
const answerTo = (key) => form.elements[key] && form.elements[key].value
const show = () => {
  for (const question of form.querySelectorAll('[data-asked-if]')) {
    const values = question.dataset.askedValues.split(' ')
    question.hidden = !values.includes(answerTo(question.dataset.askedIf))
  }
  for (const part of form.querySelectorAll('.qn-part')) {
    part.hidden = ![...part.querySelectorAll('.qn-question')].some((question) => !question.hidden)
  }
}
form.addEventListener('change', show)
show()
